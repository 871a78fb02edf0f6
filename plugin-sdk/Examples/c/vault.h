/* The requests to Vault's API for key-value secrets, version 2. */
#ifndef VAULT_H
#define VAULT_H

#include "json.h"
#include "keyturn_pusher.h"

enum { TOKEN_SIZE = 4096, ENDPOINT_SIZE = 1024, NAME_SIZE = 256, PATH_SIZE = 1024, VALUE_SIZE = 4096 };

/* What open() keeps. */
typedef struct vault {
    const kt_http *http;
    const kt_secret *secret;
    char token[TOKEN_SIZE];
    char endpoint[ENDPOINT_SIZE];
} vault;

/* Where the pair goes: two fields of one secret. */
typedef struct place {
    char mount[NAME_SIZE];
    char path[PATH_SIZE];
    char access_key_id[NAME_SIZE];
    char secret_access_key[NAME_SIZE];
} place;

/* The fields that a secret has; empty where there is none. */
typedef struct held {
    bool exists;
    char access_key_id[VALUE_SIZE];
    char secret_access_key[VALUE_SIZE];
} held;

/* Tells the operator, and gives the outcome back. */
kt_outcome tell(const kt_call *call, kt_outcome outcome, kt_evidence evidence, const place *at, const char *what);
/* Reads what the secret holds. KT_OK also where there is no such secret yet. */
kt_outcome vault_read(const vault *self, const kt_call *call, const place *at, held *found);
/* Writes both fields in one request, and leaves the secret's other fields as they are. */
kt_outcome vault_write(const vault *self, const kt_call *call, const place *at, bool exists, const kt_key_pair *pair);

#endif
