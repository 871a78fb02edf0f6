#pragma once
#include <openssl/crypto.h>
#include <openssl/err.h>
#include <openssl/evp.h>
#include <openssl/pem.h>

/* An encrypted key is refused: without a callback libcrypto would ask at a terminal. */
static inline int kt_no_passphrase(char *buffer, int size, int writing, void *context) {
    (void)buffer, (void)size, (void)writing, (void)context;
    return -1;
}

/* The private key in PEM text, or NULL. */
static inline EVP_PKEY *kt_read_private_key(const void *pem, int length) {
    BIO *input = BIO_new_mem_buf(pem, length);
    EVP_PKEY *key = input ? PEM_read_bio_PrivateKey(input, NULL, kt_no_passphrase, NULL) : NULL;
    BIO_free(input);
    ERR_clear_error();
    return key;
}
