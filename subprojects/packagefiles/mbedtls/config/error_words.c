/* mbedtls_strerror() in the place of library/error.c, whose words for every error of the library are 16 KiB: what a
 * client meets has words here, and the rest its number, which curl prints beside it. */
#include "mbedtls/error.h"
#include "mbedtls/ssl.h"
#include "mbedtls/pem.h"
#include "mbedtls/x509.h"
#include <stdio.h>

static const struct {
  int code;
  const char *words;
} rows[] = {
    {MBEDTLS_ERR_SSL_CONN_EOF, "the server closed the connection"},
    {MBEDTLS_ERR_SSL_PEER_CLOSE_NOTIFY, "the server ended the TLS session"},
    {MBEDTLS_ERR_SSL_FATAL_ALERT_MESSAGE, "the server sent a fatal alert"},
    {MBEDTLS_ERR_SSL_HANDSHAKE_FAILURE, "no common parameters with the server"},
    {MBEDTLS_ERR_SSL_BAD_PROTOCOL_VERSION, "no common protocol version with the server"},
    {MBEDTLS_ERR_SSL_BAD_CERTIFICATE, "the server's certificate cannot be read"},
    {MBEDTLS_ERR_SSL_UNEXPECTED_MESSAGE, "the server sent a message out of order"},
    {MBEDTLS_ERR_SSL_INVALID_RECORD, "what the server sent is no TLS record"},
    {MBEDTLS_ERR_SSL_DECODE_ERROR, "a message of the server cannot be read"},
    {MBEDTLS_ERR_SSL_ILLEGAL_PARAMETER, "the server chose what was not offered"},
    {MBEDTLS_ERR_X509_CERT_VERIFY_FAILED, "the certificate is not to be trusted"},
    {MBEDTLS_ERR_X509_INVALID_FORMAT, "this is no certificate"},
    {MBEDTLS_ERR_X509_FILE_IO_ERROR, "the file cannot be read"},
    {MBEDTLS_ERR_PEM_NO_HEADER_FOOTER_PRESENT, "there is no PEM block in it"},
};

void mbedtls_strerror(int code, char *out, size_t room)
{
  const char *words = "TLS error";
  int high = code < 0 ? -(-code & 0xff80) : code; /* the low part is of a layer below */
  for (size_t i = 0; i < sizeof rows / sizeof *rows; i++)
    if (rows[i].code == high)
      words = rows[i].words;
  snprintf(out, room, "%s", words);
}
