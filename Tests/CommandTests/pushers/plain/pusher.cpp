// A pusher in C++ that works with exceptions: they are thrown inside, and none leaves a function that keyturn calls.
#include "keyturn_pusher.h"

#include <cstdlib>
#include <cstring>
#include <exception>
#include <map>
#include <string>

#include "manifest.h" // MANIFEST

namespace {

/// How a call ends if not well.
struct Failure : std::exception {
    kt_outcome outcome;
    std::string message;
    int64_t retry_after_ms;

    Failure(kt_outcome outcome, std::string message, int64_t retry_after_ms = 0)
        : outcome(outcome), message(std::move(message)), retry_after_ms(retry_after_ms) {}
    const char *what() const noexcept override { return message.c_str(); }
};

using Fields = std::map<std::string, std::string>;

/// A JSON object of strings, and nothing else: more this service does not have.
class Parser {
    const char *at, *end;

    [[noreturn]] void refuse() const { throw Failure(KT_INVALID_CONFIG, "it is no JSON object of texts"); }
    void blanks() { while (at < end && std::strchr(" \t\r\n", *at) && *at) at++; }
    char next() { if (at == end) refuse(); return *at++; }
    bool take(char byte) { blanks(); return at < end && *at == byte ? (at++, true) : false; }
    void need(char byte) { if (!take(byte)) refuse(); }

    unsigned unit() {
        unsigned value = 0;
        for (int digit = 0; digit < 4; digit++) {
            char byte = next();
            const char *found = byte ? std::strchr("0123456789abcdef", byte | (byte > '9' ? 0x20 : 0)) : nullptr;
            if (!found) refuse();
            value = value * 16 + unsigned(std::strchr("0123456789abcdef", *found) - "0123456789abcdef");
        }
        return value;
    }

    std::string text() {
        std::string made;
        need('"');
        for (char byte = next(); byte != '"'; byte = next()) {
            if (static_cast<unsigned char>(byte) < 0x20) refuse();
            if (byte != '\\') { made += byte; continue; }
            static const char from[] = "\"\\/bfnrt", to[] = "\"\\/\b\f\n\r\t";
            byte = next();
            if (byte == 'u') {
                unsigned code = unit();
                if (code >= 0x80) refuse();
                made += char(code);
            } else {
                const char *found = byte ? std::strchr(from, byte) : nullptr;
                if (!found) refuse();
                made += to[found - from];
            }
        }
        return made;
    }

public:
    explicit Parser(const char *data, uint64_t length) : at(data), end(data ? data + length : data) {}

    Fields object() {
        Fields fields;
        need('{');
        if (!take('}')) {
            do {
                blanks();
                std::string name = text();
                need(':');
                blanks();
                if (!fields.emplace(name, text()).second) refuse();
            } while (take(','));
            need('}');
        }
        blanks();
        if (at != end) refuse();
        return fields;
    }
};

std::string text(kt_string string) { return string.length ? std::string(string.data, string.length) : std::string(); }

const std::string &required(const Fields &fields, const char *name) {
    auto found = fields.find(name);
    if (found == fields.end() || found->second.empty())
        throw Failure(KT_INVALID_CONFIG, std::string("the field ") + name + " is missing or empty");
    return found->second;
}

void append_quoted(std::string &body, kt_string string) {
    body += '"';
    for (uint64_t index = 0; index < string.length; index++) {
        if (string.data[index] == '"' || string.data[index] == '\\') body += '\\';
        body += string.data[index];
    }
    body += '"';
}

std::string encoded(const std::string &place) {
    static const char digits[] = "0123456789ABCDEF";
    std::string made;
    for (unsigned char byte : place) {
        if ((byte >= '0' && byte <= '9') || (byte >= 'A' && byte <= 'Z') || (byte >= 'a' && byte <= 'z')) made += char(byte);
        else (made += '%', made += digits[byte >> 4], made += digits[byte & 15]);
    }
    return made;
}

struct Pusher {
    const kt_http *http;
    const kt_secret *secret;
    std::string token, endpoint;

    ~Pusher() { secret->wipe(&token[0], token.size()); }

    /// The answer of the service: the ID of the key that it shows.
    Fields ask(const kt_call *call, const char *method, const std::string &path, kt_bytes body = {nullptr, 0}) const {
        std::string url = endpoint + path;
        const kt_header headers[] = {{KT_STRING("Authorization"), {token.data(), token.size()}}};
        kt_http_request request{};
        request.size = sizeof request;
        request.method = {method, std::strlen(method)};
        request.url = {url.data(), url.size()};
        request.headers = headers;
        request.header_count = 1;
        request.body = body;
        const kt_http_response *response = http->send(call, &request);
        if (response->error != KT_HTTP_OK) throw unanswered(*response);
        if (response->status != 200) throw refused(*response);
        try {
            return Parser(reinterpret_cast<const char *>(response->body.data), response->body.length).object();
        } catch (const Failure &) {
            throw Failure(KT_RETRYABLE, "200, and the answer is not understood: it is not taken as a yes");
        }
    }

    static Failure unanswered(const kt_http_response &response) {
        switch (response.error) {
        case KT_HTTP_REFUSED: return {KT_INVALID_CONFIG, "the request was not sent: check endpoint"};
        case KT_HTTP_TIMED_OUT: return {KT_TIMED_OUT, "no answer in time"};
        case KT_HTTP_CANCELLED: return {KT_CANCELLED, "cancelled"};
        default: return {KT_RETRYABLE, "no answer"};
        }
    }

    static Failure refused(const kt_http_response &response) {
        const std::string said = std::to_string(response.status);
        switch (response.status) {
        case 401: case 403: return {KT_UNAUTHORIZED, said + ": the token must be allowed to write there"};
        case 404: return {KT_NOT_FOUND, said + ": there is no such place"};
        case 409: return {KT_CONFLICT, said + ": somebody must settle this"};
        case 429: return {KT_RATE_LIMITED, said + ": too many requests", wait(response)};
        default: break;
        }
        if (response.status >= 300 && response.status < 500) return {KT_INVALID_CONFIG, said + ": check endpoint and place"};
        return {KT_RETRYABLE, said + ": a fault of the service"};
    }

    static int64_t wait(const kt_http_response &response) {
        for (uint64_t index = 0; index < response.header_count; index++) {
            const std::string value = text(response.headers[index].value);
            if (text(response.headers[index].name) != "retry-after" || value.empty() || value.size() > 6) continue;
            if (value.find_first_not_of("0123456789") == std::string::npos) return std::stol(value) * 1000;
        }
        return 0;
    }
};

/// Runs a call's work and reports how it ended. `noexcept`: what came through all the same would end the process here, and not in
/// keyturn's frames.
template <typename Work> kt_outcome perform(const kt_call *call, Work work) noexcept {
    kt_report report{};
    report.size = sizeof report;
    std::string message;
    kt_outcome outcome;
    try {
        try {
            outcome = work(report, message);
        } catch (const Failure &failure) {
            outcome = failure.outcome;
            report.retry_after_ms = failure.retry_after_ms;
            message = failure.message;
        }
        message = "Plain: " + message;
        report.message = {message.data(), message.size()};
        call->report(call, &report);
        return outcome;
    } catch (...) {
        // No memory for a message, or a fault of this pusher's: the number alone says so.
        return KT_INTERNAL;
    }
}

kt_outcome open(const kt_host *host, const kt_call *call, kt_string configuration, void **instance) {
    return perform(call, [&](kt_report &, std::string &) -> kt_outcome {
        auto http = static_cast<const kt_http *>(host->service(host, KT_STRING(KT_SERVICE_HTTP_1)));
        auto secret = static_cast<const kt_secret *>(host->service(host, KT_STRING(KT_SERVICE_SECRET_1)));
        if (!http || !secret) throw Failure(KT_UNSUPPORTED, "this pusher needs kt.http/1 and kt.secret/1");
        Fields fields = Parser(configuration.data, configuration.length).object();
        const std::string &token = required(fields, "token");
        std::string endpoint = required(fields, "endpoint");
        for (char byte : token + endpoint)
            if (byte <= 0x20 || byte >= 0x7F || std::strchr("\\\"<>^`{|}", byte)) throw Failure(KT_INVALID_CONFIG, "token or endpoint has odd characters");
        if (endpoint.compare(0, 8, "https://") != 0 && endpoint.compare(0, 7, "http://") != 0)
            throw Failure(KT_INVALID_CONFIG, "endpoint is no base URL");
        if (endpoint.find_first_of("?#@") != std::string::npos) throw Failure(KT_INVALID_CONFIG, "endpoint is no base URL");
        while (endpoint.back() == '/') endpoint.pop_back();
        *instance = new Pusher{http, secret, token, endpoint};
        return KT_OK;
    });
}

void close(void *instance) { delete static_cast<Pusher *>(instance); }

std::string path(const kt_target *target) {
    const Fields fields = Parser(target->fields.data, target->fields.length).object();
    for (const char *name : {"access-key-id", "secret-access-key"}) required(fields, name);
    return "/places/" + encoded(required(fields, "place"));
}

kt_outcome check(void *instance, const kt_call *call, const kt_target *target) {
    return perform(call, [&](kt_report &, std::string &message) -> kt_outcome {
        path(target);
        Fields answer = static_cast<Pusher *>(instance)->ask(call, "GET", "/whoami");
        if (answer.find("user") == answer.end()) throw Failure(KT_RETRYABLE, "the answer is not understood");
        message = "the token is good";
        return KT_OK;
    });
}

kt_outcome write(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair, kt_report &report, std::string &message) {
    auto self = static_cast<Pusher *>(instance);
    if (!pair->access_key_id.length || !pair->secret_access_key.length) throw Failure(KT_INTERNAL, "the host gave no key pair");
    const std::string where = path(target);
    std::string body;
    // Growing would leave copies of the secret behind.
    body.reserve(32 + 2 * (pair->access_key_id.length + pair->secret_access_key.length));
    body += "{\"id\":";
    append_quoted(body, pair->access_key_id);
    body += ",\"secret\":";
    append_quoted(body, pair->secret_access_key);
    body += '}';
    struct Wiping {
        Pusher *self;
        std::string &body;
        ~Wiping() { self->secret->wipe(&body[0], body.size()); }
    } wiping{self, body};
    Fields answer = self->ask(call, "PUT", where, {reinterpret_cast<const uint8_t *>(body.data()), body.size()});
    if (answer["id"] != text(pair->access_key_id)) throw Failure(KT_RETRYABLE, "written, and the answer does not show this key");
    report.evidence = KT_EVIDENCE_READ_BACK;
    message = "written, and the service shows this key";
    return KT_OK;
}

kt_outcome push(void *instance, const kt_call *call, const kt_target *target, const kt_key_pair *pair) {
#ifdef THROWS_OUT
    throw Failure(KT_INTERNAL, "the frobnicator is full");
#endif
    return perform(call, [&](kt_report &report, std::string &message) { return write(instance, call, target, pair, report, message); });
}

kt_outcome inspect(void *instance, const kt_call *call, const kt_target *target) {
    std::string id;
    return perform(call, [&](kt_report &report, std::string &message) -> kt_outcome {
        Fields answer = static_cast<Pusher *>(instance)->ask(call, "GET", path(target));
        id = answer["id"];
        if (id.empty()) throw Failure(KT_RETRYABLE, "the answer is not understood");
        report.key_id = {id.data(), id.size()};
        message = "the service shows the key's ID";
        return KT_OK;
    });
}

kt_pusher make_table() {
    kt_pusher table{};
    table.size = sizeof table;
    table.abi_minor = KT_ABI_MINOR;
    table.id = KT_STRING("plain-put");
    table.version = KT_STRING("1.0.0");
    table.summary = KT_STRING("Writes a pair with one PUT, for tests");
    table.manifest = KT_STRING(MANIFEST);
    table.open = open;
    table.close = close;
    table.check = check;
    table.push = push;
    table.inspect = inspect;
    return table;
}

} // namespace

const kt_pusher *kt_pusher_entry_v1(const kt_host *) {
    static const kt_pusher table = make_table();
    return &table;
}
