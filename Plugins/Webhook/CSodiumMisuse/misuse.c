#include "CSodiumMisuse.h"

#include <stdlib.h>

void sodium_misuse(void) { abort(); }
