/* SPDX-License-Identifier: MIT */
#include "http/ws_frame.h"

#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#define MOST ((size_t)70000) /* bytes of a message here */

/* -- a client's frames -- */

/* `first` is the first byte as it stands (FIN, reserved bits, opcode); `size` in how many
 * bytes the length is written: 0, 2 or 8. */
static void put_as(struct buf *out, unsigned first, struct span payload, unsigned size)
{
  static const unsigned char mask[4] = {0x37, 0xfa, 0x21, 0x3d};
  unsigned head = size == 0 ? (unsigned)payload.len : size == 2 ? 126 : 127;
  buf_add_char(out, (char)first);
  buf_add_char(out, (char)(0x80 | head));
  for (unsigned i = size; i-- > 0;)
    buf_add_char(out, (char)((uint64_t)payload.len >> (8 * i) & 0xff));
  buf_add(out, (struct span){(const char *)mask, sizeof mask});
  for (size_t i = 0; i < payload.len; i++)
    buf_add_char(out, (char)(payload.at[i] ^ mask[i & 3]));
}

static void put(struct buf *out, unsigned first, struct span payload)
{
  put_as(out, first, payload, payload.len < 126 ? 0 : payload.len < 65536 ? 2 : 8);
}

static void put_text(struct buf *out, unsigned first, const char *text)
{
  put(out, first, span_of(text));
}

/* -- what is read of them, as text: "text(…) ping(…) close 1000(…) failed 1002" -- */

static void note(struct buf *told, enum ws_frame_event event,
                 const struct ws_frame_reader *r)
{
  static const char *const names[] = {[WS_FRAME_TEXT] = "text",
                                      [WS_FRAME_PING] = "ping",
                                      [WS_FRAME_PONG] = "pong",
                                      [WS_FRAME_CLOSE] = "close",
                                      [WS_FRAME_FAILED] = "failed"};
  buf_add_text(told, names[event]);
  if (event == WS_FRAME_CLOSE || event == WS_FRAME_FAILED)
    buf_addf(told, " %u", ws_frame_code(r));
  if (event == WS_FRAME_FAILED) {
    assert_true(ws_frame_payload(r).len > 0 && ws_frame_payload(r).len <= 123);
  } else {
    buf_add_char(told, '(');
    buf_add(told, ws_frame_payload(r));
    buf_add_char(told, ')');
  }
  buf_add_char(told, ' ');
}

static struct buf read_in_pieces(struct span bytes, size_t step)
{
  struct buf told = buf_make(MIB);
  struct ws_frame_reader r = ws_frame_reader_make(MOST);
  while (bytes.len > 0) {
    struct span piece = {bytes.at, bytes.len < step ? bytes.len : step};
    enum ws_frame_event event;
    size_t taken = ws_frame_read(&r, piece, &event);
    if (event == WS_FRAME_MORE)
      assert_int_equal(taken, piece.len);
    else
      note(&told, event, &r);
    bytes = span_after(bytes, taken);
    if (event == WS_FRAME_CLOSE || event == WS_FRAME_FAILED)
      break;
  }
  ws_frame_reader_free(&r);
  return told;
}

/* However it is cut, this is told. */
static void expect(struct buf *bytes, const char *what)
{
  static const size_t steps[] = {1, 2, 3, 7, 61, 4096, SIZE_MAX};
  for (size_t i = 0; i < sizeof steps / sizeof *steps; i++) {
    struct buf told = read_in_pieces(buf_span(bytes), steps[i]);
    assert_string_equal(buf_cstring(&told), what);
    buf_free(&told);
  }
  buf_free(bytes);
}

static void expect_frame(unsigned first, struct span payload, const char *what)
{
  struct buf bytes = buf_make(MIB);
  put(&bytes, first, payload);
  expect(&bytes, what);
}

static struct buf filled(size_t len)
{
  struct buf b = buf_make(MIB);
  for (size_t i = 0; i < len; i++)
    buf_add_char(&b, (char)('a' + i % 26));
  return b;
}

/* -- messages -- */

static void test_ws_frame__reads_the_masked_example_of_the_rfc(void **state)
{
  (void)state;
  struct buf bytes = buf_make(64);
  buf_add(&bytes, SPAN_LITERAL("\x81\x85\x37\xfa\x21\x3d\x7f\x9f\x4d\x51\x58"));
  expect(&bytes, "text(Hello) ");
}

static void test_ws_frame__reads_lengths_of_each_size(void **state)
{
  (void)state;
  static const size_t lengths[] = {0, 1, 15, 16, 17, 125, 126, 65535, 65536, MOST};
  for (size_t i = 0; i < sizeof lengths / sizeof *lengths; i++) {
    struct buf text = filled(lengths[i]), what = buf_make(MIB);
    buf_addf(&what, "text(");
    buf_add(&what, buf_span(&text));
    buf_addf(&what, ") ");
    expect_frame(0x81, buf_span(&text), buf_cstring(&what));
    buf_free(&text);
    buf_free(&what);
  }
}

static void test_ws_frame__puts_fragments_together_around_control_frames(void **state)
{
  (void)state;
  struct buf bytes = buf_make(MIB);
  put_text(&bytes, 0x01, "\xe2\x82"); /* a character in two fragments */
  put_text(&bytes, 0x89, "are you there");
  put_text(&bytes, 0x00, "");
  put_text(&bytes, 0x8a, "yes");
  put_text(&bytes, 0x80, "\xac 5");
  put_text(&bytes, 0x81, "next");
  put_text(&bytes, 0x81, "");
  expect(&bytes, "ping(are you there) pong(yes) text(\xe2\x82\xac 5) text(next) text() ");
}

static void test_ws_frame__counts_the_fragments_of_a_message_together(void **state)
{
  (void)state;
  struct buf part = filled(MOST / 2), bytes = buf_make(MIB);
  put(&bytes, 0x01, buf_span(&part));
  put(&bytes, 0x00, buf_span(&part));
  put_text(&bytes, 0x80, "x");
  expect(&bytes, "failed 1009 ");
  buf_free(&part);
}

static void test_ws_frame__refuses_a_length_before_a_byte_of_it_came(void **state)
{
  (void)state;
  static const char *const heads[] = {"\x81\xff\0\0\0\0\0\1\x11\x71mask", /* MOST + 1 */
                                      "\x81\xff\x7f\xff\xff\xff\xff\xff\xff\xffmask"};
  for (size_t i = 0; i < 2; i++) {
    struct ws_frame_reader r = ws_frame_reader_make(MOST);
    enum ws_frame_event event;
    assert_int_equal(ws_frame_read(&r, (struct span){heads[i], 14}, &event), 14);
    assert_int_equal(event, WS_FRAME_FAILED);
    assert_int_equal(ws_frame_code(&r), WS_TOO_BIG);
    assert_int_equal(r.message.capacity, 0);
    assert_int_equal(ws_frame_read(&r, SPAN_LITERAL("more"), &event), 0);
    assert_int_equal(event, WS_FRAME_FAILED); /* and stays so */
    ws_frame_reader_free(&r);
  }
}

static void test_ws_frame__does_not_keep_the_memory_of_a_big_message(void **state)
{
  (void)state;
  struct ws_frame_reader r = ws_frame_reader_make(MIB);
  struct buf text = filled(600 * KIB), bytes = buf_make(2 * (size_t)MIB);
  enum ws_frame_event event;
  put(&bytes, 0x81, buf_span(&text));
  assert_int_equal(ws_frame_read(&r, buf_span(&bytes), &event), bytes.len);
  assert_int_equal(event, WS_FRAME_TEXT);
  assert_true(span_equal(ws_frame_payload(&r), buf_span(&text)));
  (void)ws_frame_read(&r, (struct span){0}, &event);
  assert_int_equal(event, WS_FRAME_MORE);
  assert_int_equal(r.message.capacity, 0);
  buf_free(&text);
  buf_free(&bytes);
  ws_frame_reader_free(&r);
}

/* -- what no client may send -- */

static void test_ws_frame__refuses_what_breaks_the_protocol(void **state)
{
  (void)state;
  static const unsigned firsts[] = {0xc1, 0xa1, 0x91,       /* reserved bits */
                                    0x83, 0x87, 0x8b, 0x8f, /* reserved opcodes */
                                    0x09, 0x0a, 0x08,       /* control in fragments */
                                    0x80, 0x00}; /* a continuation of nothing */
  for (size_t i = 0; i < sizeof firsts / sizeof *firsts; i++)
    expect_frame(firsts[i], SPAN_LITERAL("hi"), "failed 1002 ");
  struct buf long_ping = filled(126);
  expect_frame(0x89, buf_span(&long_ping), "failed 1002 ");
  buf_free(&long_ping);
}

static void test_ws_frame__refuses_a_frame_without_a_mask(void **state)
{
  (void)state;
  struct buf bytes = buf_make(64);
  ws_frame_put(&bytes, WS_TEXT, SPAN_LITERAL("Hello"));
  expect(&bytes, "failed 1002 ");
}

static void test_ws_frame__refuses_a_message_inside_another(void **state)
{
  (void)state;
  static const unsigned second[] = {0x81, 0x01, 0x82};
  for (size_t i = 0; i < 3; i++) {
    struct buf bytes = buf_make(64);
    put_text(&bytes, 0x01, "one");
    put_text(&bytes, second[i], "two");
    expect(&bytes, "failed 1002 ");
  }
}

static void test_ws_frame__refuses_a_length_that_is_not_the_shortest(void **state)
{
  (void)state;
  static const struct {
    size_t len;
    unsigned size;
  } cases[] = {{0, 2}, {125, 2}, {0, 8}, {126, 8}, {65535, 8}};
  for (size_t i = 0; i < sizeof cases / sizeof *cases; i++) {
    struct buf text = filled(cases[i].len), bytes = buf_make(MIB);
    put_as(&bytes, 0x81, buf_span(&text), cases[i].size);
    expect(&bytes, "failed 1002 ");
    buf_free(&text);
  }
}

static void test_ws_frame__refuses_a_length_with_its_highest_bit_set(void **state)
{
  (void)state;
  struct buf bytes = buf_make(64);
  buf_add(&bytes, SPAN_LITERAL("\x81\xff\x80\0\0\0\0\0\0\0mask"));
  expect(&bytes, "failed 1002 ");
}

static void test_ws_frame__refuses_binary_with_1003(void **state)
{
  (void)state;
  expect_frame(0x82, SPAN_LITERAL("x"), "failed 1003 ");
  expect_frame(0x02, SPAN_LITERAL(""), "failed 1003 ");
}

static void test_ws_frame__refuses_text_that_is_not_utf8_with_1007(void **state)
{
  (void)state;
  expect_frame(0x81, SPAN_LITERAL("a\xff"), "failed 1007 ");
  expect_frame(0x81, SPAN_LITERAL("\xed\xa0\x80"), "failed 1007 "); /* a surrogate */
  expect_frame(0x81, SPAN_LITERAL("\xe2\x82"), "failed 1007 ");     /* cut short */
  expect_frame(0x81, SPAN_LITERAL("\xc0\xaf"), "failed 1007 ");     /* overlong */
}

/* -- the close -- */

static void test_ws_frame__reads_a_close_with_and_without_code_and_reason(void **state)
{
  (void)state;
  expect_frame(0x88, SPAN_LITERAL(""), "close 1005() ");
  expect_frame(0x88, SPAN_LITERAL("\x03\xe8"), "close 1000() ");
  expect_frame(0x88, SPAN_LITERAL("\x03\xe9going \xe2\x82\xac"),
               "close 1001(going \xe2\x82\xac) ");
  expect_frame(0x88, SPAN_LITERAL("\x0b\xb8"), "close 3000() ");
  expect_frame(0x88, SPAN_LITERAL("\x13\x87"), "close 4999() ");
}

static void test_ws_frame__reads_nothing_after_a_close(void **state)
{
  (void)state;
  struct buf bytes = buf_make(64);
  struct ws_frame_reader r = ws_frame_reader_make(MOST);
  enum ws_frame_event event;
  put_text(&bytes, 0x88, "");
  size_t close = bytes.len;
  put_text(&bytes, 0x81, "late");
  assert_int_equal(ws_frame_read(&r, buf_span(&bytes), &event), close);
  assert_int_equal(event, WS_FRAME_CLOSE);
  assert_int_equal(ws_frame_read(&r, span_after(buf_span(&bytes), close), &event), 0);
  assert_int_equal(event, WS_FRAME_CLOSE);
  ws_frame_reader_free(&r);
  buf_free(&bytes);
}

static void test_ws_frame__refuses_a_close_that_cannot_be(void **state)
{
  (void)state;
  static const unsigned codes[] = {0,    999,  1004, 1005, 1006,
                                   1015, 1016, 2999, 5000, 65535};
  for (size_t i = 0; i < sizeof codes / sizeof *codes; i++) {
    char code[] = {(char)(codes[i] >> 8), (char)codes[i]};
    expect_frame(0x88, (struct span){code, 2}, "failed 1002 ");
  }
  expect_frame(0x88, SPAN_LITERAL("\x03"), "failed 1002 ");
  expect_frame(0x88, SPAN_LITERAL("\x03\xe8\xff"), "failed 1007 ");
}

/* -- writing -- */

static void expect_head(size_t len, struct span head)
{
  struct buf text = filled(len), out = buf_make(MIB);
  ws_frame_put(&out, WS_TEXT, buf_span(&text));
  assert_int_equal(out.len, head.len + len);
  assert_memory_equal(out.at, head.at, head.len);
  if (len > 0)
    assert_memory_equal(out.at + head.len, text.at, len);
  buf_free(&text);
  buf_free(&out);
}

static void test_ws_frame_put__writes_the_shortest_length_and_no_mask(void **state)
{
  (void)state;
  expect_head(0, SPAN_LITERAL("\x81\x00"));
  expect_head(125, SPAN_LITERAL("\x81\x7d"));
  expect_head(126, SPAN_LITERAL("\x81\x7e\x00\x7e"));
  expect_head(65535, SPAN_LITERAL("\x81\x7e\xff\xff"));
  expect_head(65536, SPAN_LITERAL("\x81\x7f\0\0\0\0\0\1\0\0"));
}

static void test_ws_frame_put_code__cuts_a_long_reason_between_characters(void **state)
{
  (void)state;
  struct buf out = buf_make(WS_CONTROL_BYTES), reason = buf_make(KIB);
  ws_frame_put_code(&out, WS_POLICY, SPAN_LITERAL("unauthorized"));
  assert_string_equal(buf_cstring(&out), "\x03\xf0unauthorized");
  buf_clear(&out);
  ws_frame_put_code(&out, WS_NO_CODE, SPAN_LITERAL("unheard"));
  assert_int_equal(out.len, 0);
  for (unsigned i = 0; i < 60; i++)
    buf_add_text(&reason, "\xe2\x82\xac");
  ws_frame_put_code(&out, WS_INTERNAL_ERROR, buf_span(&reason));
  assert_int_equal(out.len, 2 + 123);
  assert_false(out.overflowed);
  buf_clear(&out);
  buf_add_text(&reason, "!");
  ws_frame_put_code(&out, WS_INTERNAL_ERROR, span_after(buf_span(&reason), 1));
  assert_int_equal(out.len, 2 + 122); /* 2 + 40 * 3 */
  buf_free(&reason);
  buf_free(&out);
}

int main(void)
{
  const struct CMUnitTest tests[] = {
      cmocka_unit_test(test_ws_frame__reads_the_masked_example_of_the_rfc),
      cmocka_unit_test(test_ws_frame__reads_lengths_of_each_size),
      cmocka_unit_test(test_ws_frame__puts_fragments_together_around_control_frames),
      cmocka_unit_test(test_ws_frame__counts_the_fragments_of_a_message_together),
      cmocka_unit_test(test_ws_frame__refuses_a_length_before_a_byte_of_it_came),
      cmocka_unit_test(test_ws_frame__does_not_keep_the_memory_of_a_big_message),
      cmocka_unit_test(test_ws_frame__refuses_what_breaks_the_protocol),
      cmocka_unit_test(test_ws_frame__refuses_a_frame_without_a_mask),
      cmocka_unit_test(test_ws_frame__refuses_a_message_inside_another),
      cmocka_unit_test(test_ws_frame__refuses_a_length_that_is_not_the_shortest),
      cmocka_unit_test(test_ws_frame__refuses_a_length_with_its_highest_bit_set),
      cmocka_unit_test(test_ws_frame__refuses_binary_with_1003),
      cmocka_unit_test(test_ws_frame__refuses_text_that_is_not_utf8_with_1007),
      cmocka_unit_test(test_ws_frame__reads_a_close_with_and_without_code_and_reason),
      cmocka_unit_test(test_ws_frame__reads_nothing_after_a_close),
      cmocka_unit_test(test_ws_frame__refuses_a_close_that_cannot_be),
      cmocka_unit_test(test_ws_frame_put__writes_the_shortest_length_and_no_mask),
      cmocka_unit_test(test_ws_frame_put_code__cuts_a_long_reason_between_characters),
  };
  return cmocka_run_group_tests(tests, NULL, NULL);
}
