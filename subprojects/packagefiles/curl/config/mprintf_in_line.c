/* lib/mprintf.c with one thing done otherwise: a byte for which there is room is put into
 * its dynbuf in line.  curl formats each header line byte by byte, and a call and a
 * memcpy for each was a sixteenth of the processor time of a tool call (musl, -Os). */
#include "curl_setup.h"
#include "curlx/dynbuf.h"

static CURLcode put_byte(struct dynbuf *s, const unsigned char *byte, size_t one)
{
  if (s->leng + 1 >= s->allc) /* the NUL has to have room too */
    return curlx_dyn_addn(s, byte, one);
  s->bufr[s->leng++] = (char)*byte;
  s->bufr[s->leng] = 0;
  return CURLE_OK;
}

#define curlx_dyn_addn put_byte /* its one caller there adds one byte */
#include "mprintf.c"
