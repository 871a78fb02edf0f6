#pragma once
#include <sqlite3.h>

/// SQLITE_TRANSIENT, a cast that does not import: SQLite takes a copy.
static inline sqlite3_destructor_type keyturn_sqlite_copies(void) { return SQLITE_TRANSIENT; }
