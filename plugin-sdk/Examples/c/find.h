/* kt.find/1: which secrets below a path hold access keys. Leave it out where your service has no lists. */
#ifndef FIND_H
#define FIND_H

#include "keyturn_pusher.h"

/* The extension of that identifier; NULL: there is none. */
const void *find_extension(kt_string id);

#endif
