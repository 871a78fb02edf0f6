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
    const kt_found *found; /* of kt.find/1, to which a fault at this place is a part that was not seen; NULL: the call's outcome */
} place;

/* The fields that a secret has; empty where there is none. */
typedef struct held {
    bool exists;
    char access_key_id[VALUE_SIZE];
    char secret_access_key[VALUE_SIZE];
} held;

/* True for a call that no further request helps: it is to end. */
bool is_over(kt_outcome outcome);
/* Reports to the operator, and gives the outcome back. */
kt_outcome finish(const kt_call *call, kt_outcome outcome, kt_evidence evidence, const place *at, const char *what);
/* Reads what the secret holds. KT_OK also where there is no such secret yet. */
kt_outcome vault_read(const vault *self, const kt_call *call, const place *at, held *found);
/* The fields of a secret as a JSON object, or the names below a path as a list: an empty value where there is none. They are the
   host's, until the call ends. */
kt_outcome vault_fields(const vault *self, const kt_call *call, const place *at, json *fields);
kt_outcome vault_list(const vault *self, const kt_call *call, const place *at, json *names);
/* Writes both fields in one request, and leaves the secret's other fields as they are. */
kt_outcome vault_write(const vault *self, const kt_call *call, const place *at, bool exists, const kt_key_pair *pair);

#endif
