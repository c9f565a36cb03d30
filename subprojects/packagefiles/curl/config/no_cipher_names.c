/* In the place of lib/vtls/cipher_suite.c, whose table of names takes 5 KiB: nobody here
 * chooses cipher suites by name (CURLOPT_SSL_CIPHER_LIST, CURLOPT_TLS13_CIPHERS), and what
 * was agreed on is told by CURLOPT_VERBOSE alone. */
#include "curl_setup.h"
#include "curl_printf.h"
#include "vtls/cipher_suite.h"

uint16_t Curl_cipher_suite_walk_str(const char **str, const char **end)
{
  *str = *end = *str + strlen(*str); /* none of them is known */
  return 0;
}

int Curl_cipher_suite_get_str(uint16_t id, char *buf, size_t buf_size, bool prefer_rfc)
{
  (void)prefer_rfc;
  msnprintf(buf, buf_size, "0x%04x", id);
  return -1;
}
