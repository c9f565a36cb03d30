/* library/ssl_tls12_client.c of 3.6.6 with one thing done otherwise: a TLS 1.2 server
 * with an RSA key may sign with RSA-PSS (RFC 8446, 4.2.3), which is what OpenSSL picks
 * and what we offered.  3.6.6 alone refuses it: "ssl_handshake returned: (-0x6600)";
 * 3.6.7 takes it again.  Whether it was offered is still looked at, by the next check
 * there. */
#include "common.h"
#include "ssl_misc.h"

static int may_be_signed_by(const mbedtls_ssl_context *ssl, uint16_t algorithm)
{
  return algorithm == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA256 ||
         algorithm == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA384 ||
         algorithm == MBEDTLS_TLS1_3_SIG_RSA_PSS_RSAE_SHA512 ||
         mbedtls_ssl_sig_alg_is_supported(ssl, algorithm);
}

#define mbedtls_ssl_sig_alg_is_supported                                                 \
  may_be_signed_by /* its one caller there is that check */
#include "ssl_tls12_client.c"
