/* kt.find/1 of the pusher for tests: what it does below a scope is the scope's name. Included where -DFIND is given. */

static void found_place(const kt_call *call, const kt_found *found, const char *name, const char *fields, const char *key) {
    kt_found_place place = {.size = sizeof place, .place = {name, strlen(name)}, .fields = {fields, strlen(fields)},
                            .key_id = {key, strlen(key)}, .names = KT_STRING("[\"AWS_ACCESS_KEY_ID\"]")};
    found->place(call, &place);
}

static kt_outcome below(void *instance, const kt_call *call, const kt_scope *scope, const kt_found *found) {
    struct instance *self = instance;
    static const char painted[] = "a\x1b[31mred\xe2\x80\xae" "etalid\xe2\x80\x8b\nnext";
    char name[64], text[2000];
    snprintf(name, sizeof name, "%.*s", (int)(scope->name.length < 60 ? scope->name.length : 60), scope->name.data);
    if (!strcmp(name, "paint")) {
        found_place(call, found, painted, "{}", "AKIA\x1b[2J");
        kt_found_gap gap = {.size = sizeof gap, .outcome = 4711, .part = {painted, sizeof painted - 1},
                            .message = {painted, sizeof painted - 1}};
        found->gap(call, &gap);
    }
    if (!strcmp(name, "leak")) {
        snprintf(text, sizeof text, "{\"place\":\"%s\"}", self->token);
        found_place(call, found, self->token, text, self->token);
        kt_scope next = {.size = sizeof next, .name = {self->token, strlen(self->token)}};
        found->scope(call, &next);
    }
    if (!strcmp(name, "fields")) {
        found_place(call, found, "unknown", "{\"nonsense\":\"x\"}", "");
        found_place(call, found, "fine", "{\"place\":\"fine\"}", "");
    }
    if (!strcmp(name, "flood"))
        for (int count = 0; count < 100000; count++) {
            snprintf(text, sizeof text, "place-%d", count);
            found_place(call, found, text, "{}", "");
        }
    if (!strcmp(name, "loop")) {
        static int turns;
        snprintf(text, sizeof text, "{\"turn\":\"%d\"}", ++turns);
        kt_scope next = {.size = sizeof next, .name = KT_STRING("loop"), .fields = {text, strlen(text)}};
        found->scope(call, &next);
    }
    if (!strcmp(name, "small")) {
        kt_found_place place = {.size = 8};
        found->place(call, &place);
        found->place(call, NULL);
        found->scope(call, NULL);
        found->gap(NULL, NULL);
    }
    if (!strcmp(name, "region")) {
        /* Gives a scope a region, as targets have one, and asks AWS there. */
        kt_scope next = {.size = sizeof next, .name = KT_STRING("abroad"), .fields = KT_STRING("{\"region\":\"us-west-2\"}")};
        found->scope(call, &next);
    }
    if (!strcmp(name, "abroad")) {
        kt_aws_request request = {.size = sizeof request, .operation = KT_STRING("ssm:GetParameter"),
                                  .region = KT_STRING("us-west-2"), .body = {(const uint8_t *)"{}", 2}};
        const kt_http_response *response = self->aws->send(call, &request);
        snprintf(text, sizeof text, "error %d: %.*s", response->error, (int)response->error_text.length, response->error_text.data);
        kt_found_gap gap = {.size = sizeof gap, .outcome = KT_UNSUPPORTED, .part = KT_STRING("abroad"), .message = {text, strlen(text)}};
        found->gap(call, &gap);
    }
    if (!strcmp(name, "segfault")) raise(SIGSEGV);
    if (!strcmp(name, "write")) send_to(self, call, "", "x", (kt_bytes){(const uint8_t *)"x", 1});
    return KT_OK;
}

static const kt_find finder = {.size = sizeof finder, .below = below};

static const void *extension(kt_string id) {
    return id.length == 9 && !memcmp(id.data, KT_EXTENSION_FIND_1, 9) ? &finder : NULL;
}
