/* lib/mprintf.c with two things done otherwise.  curl formats each header line byte by
 * byte, and that was a fifth of the instructions of a tool call (musl, -Os):
 *   - a format of nothing but words, %s, %d and %ld, as nearly all of the HTTP ones are,
 *     is put into its dynbuf piece by piece;
 *   - of all others a byte for which there is room is put there in line.  */
#include "curl_setup.h"
#include "curlx/dynbuf.h"

static CURLcode put_byte(struct dynbuf *s, const unsigned char *byte, size_t one)
{
  if(s->leng + 1 >= s->allc) /* the NUL has to have room too */
    return curlx_dyn_addn(s, byte, one);
  s->bufr[s->leng++] = (char)*byte;
  s->bufr[s->leng] = 0;
  return CURLE_OK;
}

#define curlx_dyn_addn put_byte /* its one caller there adds one byte */
#define curlx_dyn_vprintf any_dyn_vprintf
#define curl_mvaprintf any_mvaprintf
#define curl_maprintf any_maprintf
#include "mprintf.c"
#undef curlx_dyn_addn
#undef curlx_dyn_vprintf
#undef curl_mvaprintf
#undef curl_maprintf

static bool is_plain(const char *format)
{
  while((format = strchr(format, '%'))) {
    format++;
    if(*format == 'l')
      format++;
    if(*format != 'd' && (*format != 's' || format[-1] != '%'))
      return FALSE;
  }
  return TRUE;
}

/* From `end` backwards. */
static const char *write_number(char *end, long number)
{
  unsigned long n = number < 0 ? 0 - (unsigned long)number : (unsigned long)number;
  do
    *--end = (char)('0' + n % 10);
  while(n /= 10);
  if(number < 0)
    *--end = '-';
  return end;
}

static CURLcode put_plain(struct dynbuf *to, const char *format, va_list words)
{
  CURLcode result = CURLE_OK;
  char digits[24];
  char *end = digits + sizeof(digits);
  while(!result && *format) {
    const char *piece = format;
    size_t length = strcspn(format, "%");
    format += length;
    if(!length && format[1] == 's') {
      piece = va_arg(words, const char *);
      piece = piece ? piece : nilstr;
      length = strlen(piece);
      format += 2;
    }
    else if(!length) {
      bool is_long = format[1] == 'l';
      piece = write_number(end, is_long ? va_arg(words, long) : va_arg(words, int));
      length = (size_t)(end - piece);
      format += is_long ? 3 : 2;
    }
    if(length) /* so that nothing is allocated for nothing */
      result = curlx_dyn_addn(to, piece, length);
  }
  return result;
}

int curlx_dyn_vprintf(struct dynbuf *to, const char *format, va_list words)
{
  CURLcode result;
  if(!is_plain(format))
    return any_dyn_vprintf(to, format, words);
  result = put_plain(to, format, words);
  if(!result)
    return 0;
  curlx_dyn_free(to); /* as theirs does */
  return result == CURLE_TOO_LARGE ? MERR_TOO_LARGE : MERR_MEM;
}

char *curl_mvaprintf(const char *format, va_list words)
{
  struct dynbuf to;
  if(!is_plain(format))
    return any_mvaprintf(format, words);
  curlx_dyn_init(&to, DYN_APRINTF);
  if(put_plain(&to, format, words)) {
    curlx_dyn_free(&to);
    return NULL;
  }
  return curlx_dyn_len(&to) ? curlx_dyn_ptr(&to) : strdup("");
}

char *curl_maprintf(const char *format, ...)
{
  char *s;
  va_list words;
  va_start(words, format);
  s = curl_mvaprintf(format, words);
  va_end(words);
  return s;
}
