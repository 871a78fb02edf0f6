#pragma once
#include <postgresql/libpq-fe.h>

/* libpq is loaded when a state is kept in PostgreSQL, and is not linked: whoever keeps none there needs none. These are the functions that
   are looked up, with the types of its own header. */
#define KT_PQ(name) __typeof__(&name) name
typedef struct kt_libpq {
    KT_PQ(PQconninfoParse);
    KT_PQ(PQconninfoFree);
    KT_PQ(PQconnectdbParams);
    KT_PQ(PQstatus);
    KT_PQ(PQsocket);
    KT_PQ(PQerrorMessage);
    KT_PQ(PQfinish);
    KT_PQ(PQsetnonblocking);
    KT_PQ(PQsetNoticeProcessor);
    KT_PQ(PQsetErrorVerbosity);
    KT_PQ(PQsendQueryParams);
    KT_PQ(PQflush);
    KT_PQ(PQconsumeInput);
    KT_PQ(PQisBusy);
    KT_PQ(PQgetResult);
    KT_PQ(PQresultStatus);
    KT_PQ(PQresultErrorField);
    KT_PQ(PQntuples);
    KT_PQ(PQnfields);
    KT_PQ(PQgetisnull);
    KT_PQ(PQgetvalue);
    KT_PQ(PQgetlength);
    KT_PQ(PQclear);
    KT_PQ(PQfreemem);
} kt_libpq;
#undef KT_PQ

/* PG_DIAG_SQLSTATE and PG_DIAG_MESSAGE_PRIMARY are character constants, which do not import as numbers. */
static inline int kt_pq_state_field(void) { return PG_DIAG_SQLSTATE; }
static inline int kt_pq_message_field(void) { return PG_DIAG_MESSAGE_PRIMARY; }
