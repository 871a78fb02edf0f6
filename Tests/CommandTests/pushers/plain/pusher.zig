//! A pusher in Zig. `abi.zig` is the header, as `zig translate-c keyturn_pusher.h` writes it.
const std = @import("std");
const abi = @import("abi.zig");

const manifest = @embedFile("manifest.json");

/// What ends a call before its time. The report's text says why.
const Failed = error{ InvalidConfig, Retryable, RateLimited, Unauthorized, NotFound, Conflict, TimedOut, Cancelled, Internal };

fn number(failure: Failed) abi.kt_outcome {
    return switch (failure) {
        error.InvalidConfig => abi.KT_INVALID_CONFIG,
        error.Retryable => abi.KT_RETRYABLE,
        error.RateLimited => abi.KT_RATE_LIMITED,
        error.Unauthorized => abi.KT_UNAUTHORIZED,
        error.NotFound => abi.KT_NOT_FOUND,
        error.Conflict => abi.KT_CONFLICT,
        error.TimedOut => abi.KT_TIMED_OUT,
        error.Cancelled => abi.KT_CANCELLED,
        error.Internal => abi.KT_INTERNAL,
    };
}

fn lend(bytes: []const u8) abi.kt_string {
    return .{ .data = bytes.ptr, .length = bytes.len };
}

/// What the host lends: valid until the function returns that was given it.
fn lent(string: anytype) []const u8 {
    if (string.length == 0) return "";
    return @as([*]const u8, @ptrCast(string.data))[0..string.length];
}

/// Memory of one call, wiped at its end: what is made of the pair lies here alone.
const Scratch = struct {
    secret: *const abi.kt_secret,
    memory: []u8,
    buffer: std.heap.FixedBufferAllocator,

    const size = 128 << 10;

    fn init(secret: *const abi.kt_secret) ?Scratch {
        const given = secret.allocate.?(size) orelse return null;
        const memory = @as([*]u8, @ptrCast(given))[0..size];
        return .{ .secret = secret, .memory = memory, .buffer = .init(memory) };
    }

    fn deinit(self: *Scratch) void {
        self.secret.release.?(self.memory.ptr, self.memory.len);
    }
};

const Pusher = struct {
    http: *const abi.kt_http,
    secret: *const abi.kt_secret,
    token: []u8,
    endpoint: []u8,
};

const Configuration = struct { token: []const u8, endpoint: []const u8 };
const Target = struct { place: []const u8, @"access-key-id": []const u8, @"secret-access-key": []const u8 };

/// One call: what it reports, and the memory that it has.
const Call = struct {
    view: *const abi.kt_call,
    pusher: *const Pusher,
    allocator: std.mem.Allocator,
    report: abi.kt_report,

    fn say(self: *Call, text: []const u8) void {
        self.report.message = lend(text);
    }

    fn fail(self: *Call, failure: Failed, text: []const u8) Failed {
        self.say(text);
        return failure;
    }

    fn parse(self: *Call, comptime Value: type, text: []const u8) ?Value {
        if (text.len > Scratch.size / 8) return null;
        return std.json.parseFromSliceLeaky(Value, self.allocator, text, .{ .ignore_unknown_fields = true }) catch null;
    }

    fn place(self: *Call, target: *const abi.kt_target) Failed![]const u8 {
        const fields = self.parse(Target, lent(target.fields)) orelse
            return self.fail(error.InvalidConfig, "Plain: the target's fields are incomplete, or no JSON object of texts");
        if (fields.place.len == 0 or fields.place.len > 1000)
            return self.fail(error.InvalidConfig, "Plain: place is empty or too long");
        var path: std.ArrayList(u8) = .empty;
        path.appendSlice(self.allocator, "/places/") catch return error.Internal;
        for (fields.place) |byte| {
            if (std.ascii.isAlphanumeric(byte)) {
                path.append(self.allocator, byte) catch return error.Internal;
            } else {
                const digits = "0123456789ABCDEF";
                path.appendSlice(self.allocator, &.{ '%', digits[byte >> 4], digits[byte & 15] }) catch return error.Internal;
            }
        }
        return path.items;
    }

    fn ask(self: *Call, comptime Value: type, method: []const u8, path: []const u8, body: []const u8) Failed!Value {
        const url = std.mem.concat(self.allocator, u8, &.{ self.pusher.endpoint, path }) catch return error.Internal;
        const headers = [_]abi.kt_header{.{ .name = lend("Authorization"), .value = lend(self.pusher.token) }};
        var request = std.mem.zeroes(abi.kt_http_request);
        request.size = @sizeOf(abi.kt_http_request);
        request.method = lend(method);
        request.url = lend(url);
        request.headers = &headers;
        request.header_count = headers.len;
        request.body = .{ .data = body.ptr, .length = body.len };
        const response: *const abi.kt_http_response = self.pusher.http.send.?(self.view, &request);
        if (response.@"error" != abi.KT_HTTP_OK) return self.unanswered(response.@"error");
        if (response.status != 200) return self.refused(response);
        return self.parse(Value, lent(response.body)) orelse
            self.fail(error.Retryable, "Plain: the answer is not understood, so it is not taken as a yes");
    }

    fn unanswered(self: *Call, failure: abi.kt_http_error) Failed {
        if (failure == abi.KT_HTTP_REFUSED) return self.fail(error.InvalidConfig, "Plain: the request was not sent: check endpoint");
        if (failure == abi.KT_HTTP_TIMED_OUT) return self.fail(error.TimedOut, "Plain: no answer in time");
        if (failure == abi.KT_HTTP_CANCELLED) return self.fail(error.Cancelled, "Plain: cancelled");
        return self.fail(error.Retryable, "Plain: no answer");
    }

    fn refused(self: *Call, response: *const abi.kt_http_response) Failed {
        switch (response.status) {
            401, 403 => return self.fail(error.Unauthorized, "Plain: the token must be allowed to write there"),
            404 => return self.fail(error.NotFound, "Plain: there is no such place"),
            409 => return self.fail(error.Conflict, "Plain: somebody must settle this"),
            429 => {
                self.report.retry_after_ms = retryAfter(response);
                return self.fail(error.RateLimited, "Plain: too many requests");
            },
            300...400, 402, 405...408, 410...428, 430...499 => return self.fail(error.InvalidConfig, "Plain: check endpoint and place"),
            else => return self.fail(error.Retryable, "Plain: a fault of the service"),
        }
    }
};

fn retryAfter(response: *const abi.kt_http_response) i64 {
    if (response.header_count == 0) return 0;
    for (response.headers[0..response.header_count]) |header| {
        if (!std.mem.eql(u8, lent(header.name), "retry-after")) continue;
        const seconds = std.fmt.parseInt(u16, lent(header.value), 10) catch return 0;
        return @as(i64, seconds) * 1000;
    }
    return 0;
}

/// Runs a call's work, and reports how it ended.
fn perform(
    instance: ?*anyopaque,
    view: [*c]const abi.kt_call,
    context: anytype,
    comptime work: fn (*Call, @TypeOf(context)) Failed!void,
) abi.kt_outcome {
    const pusher: *const Pusher = @ptrCast(@alignCast(instance.?));
    var scratch = Scratch.init(pusher.secret) orelse return abi.KT_INTERNAL;
    defer scratch.deinit();
    var call = Call{ .view = view, .pusher = pusher, .allocator = scratch.buffer.allocator(), .report = std.mem.zeroes(abi.kt_report) };
    call.report.size = @sizeOf(abi.kt_report);
    call.say("Plain: a fault in the pusher itself");
    const outcome = if (work(&call, context)) |_| abi.KT_OK else |failure| number(failure);
    view.*.report.?(view, &call.report);
    return outcome;
}

fn open(host: [*c]const abi.kt_host, view: [*c]const abi.kt_call, configuration: abi.kt_string, instance: [*c]?*anyopaque) callconv(.c) abi.kt_outcome {
    const http = host.*.service.?(host, lend("kt.http/1")) orelse return abi.KT_UNSUPPORTED;
    const found = host.*.service.?(host, lend("kt.secret/1")) orelse return abi.KT_UNSUPPORTED;
    const secret: *const abi.kt_secret = @ptrCast(@alignCast(found));
    var pusher = Pusher{ .http = @ptrCast(@alignCast(http)), .secret = secret, .token = &.{}, .endpoint = &.{} };
    var kept = Scratch.init(secret) orelse return abi.KT_INTERNAL;
    const outcome = perform(&pusher, view, configuration, configure);
    if (outcome != abi.KT_OK) {
        kept.deinit();
        return outcome;
    }
    // Parsed once more, into memory that stays until close.
    const fields = std.json.parseFromSliceLeaky(Configuration, kept.buffer.allocator(), lent(configuration), .{ .ignore_unknown_fields = true, .allocate = .alloc_always }) catch unreachable;
    pusher.token = @constCast(fields.token);
    pusher.endpoint = @constCast(std.mem.trimEnd(u8, fields.endpoint, "/"));
    const place = kept.buffer.allocator().create(Held) catch {
        kept.deinit();
        return abi.KT_INTERNAL;
    };
    place.* = .{ .pusher = pusher, .memory = kept };
    instance.* = &place.pusher;
    return abi.KT_OK;
}

/// The instance, in the memory that it names.
const Held = struct { pusher: Pusher, memory: Scratch };

fn configure(call: *Call, configuration: abi.kt_string) Failed!void {
    const wrong = "Plain: configuration: token or endpoint is missing, or is no text that can be used";
    const fields = call.parse(Configuration, lent(configuration)) orelse return call.fail(error.InvalidConfig, wrong);
    if (fields.token.len == 0) return call.fail(error.InvalidConfig, wrong);
    for ([_][]const u8{ fields.token, fields.endpoint }) |text| {
        for (text) |byte| {
            if (byte <= 0x20 or byte >= 0x7F) return call.fail(error.InvalidConfig, wrong);
        }
    }
    const is_url = std.mem.startsWith(u8, fields.endpoint, "https://") or std.mem.startsWith(u8, fields.endpoint, "http://");
    if (!is_url or std.mem.indexOfAny(u8, fields.endpoint, "?#@\\\"<>^`{|}") != null) return call.fail(error.InvalidConfig, wrong);
    call.say("Plain: it can be opened");
}

fn close(instance: ?*anyopaque) callconv(.c) void {
    const pusher: *Pusher = @ptrCast(@alignCast(instance.?));
    const held: *Held = @fieldParentPtr("pusher", pusher);
    var memory = held.memory;
    memory.deinit();
}

fn check(instance: ?*anyopaque, view: [*c]const abi.kt_call, target: [*c]const abi.kt_target) callconv(.c) abi.kt_outcome {
    return perform(instance, view, @as(*const abi.kt_target, target), struct {
        fn work(call: *Call, wanted: *const abi.kt_target) Failed!void {
            _ = try call.place(wanted);
            _ = try call.ask(struct { user: []const u8 }, "GET", "/whoami", "");
            call.say("Plain: the token is good");
        }
    }.work);
}

const Delivery = struct { target: *const abi.kt_target, pair: *const abi.kt_key_pair };

fn push(instance: ?*anyopaque, view: [*c]const abi.kt_call, target: [*c]const abi.kt_target, pair: [*c]const abi.kt_key_pair) callconv(.c) abi.kt_outcome {
    return perform(instance, view, Delivery{ .target = target, .pair = pair }, struct {
        fn work(call: *Call, delivery: Delivery) Failed!void {
            const id = lent(delivery.pair.access_key_id);
            const secret = lent(delivery.pair.secret_access_key);
            if (id.len == 0 or secret.len == 0) return call.fail(error.Internal, "Plain: the host gave no key pair");
            const path = try call.place(delivery.target);
            const body = std.fmt.allocPrint(call.allocator, "{f}", .{std.json.fmt(.{ .id = id, .secret = secret }, .{})}) catch return error.Internal;
            const answer = try call.ask(struct { id: []const u8 }, "PUT", path, body);
            if (!std.mem.eql(u8, answer.id, id)) return call.fail(error.Retryable, "Plain: written, and the answer does not show this key");
            call.report.evidence = abi.KT_EVIDENCE_READ_BACK;
            call.say("Plain: written, and the service shows this key");
        }
    }.work);
}

fn inspect(instance: ?*anyopaque, view: [*c]const abi.kt_call, target: [*c]const abi.kt_target) callconv(.c) abi.kt_outcome {
    return perform(instance, view, @as(*const abi.kt_target, target), struct {
        fn work(call: *Call, wanted: *const abi.kt_target) Failed!void {
            const answer = try call.ask(struct { id: []const u8 }, "GET", try call.place(wanted), "");
            call.report.key_id = lend(answer.id);
            call.say("Plain: the service shows the key's ID");
        }
    }.work);
}

const table = abi.kt_pusher{
    .size = @sizeOf(abi.kt_pusher),
    .abi_minor = abi.KT_ABI_MINOR,
    .id = lend("plain-put"),
    .version = lend("1.0.0"),
    .summary = lend("Writes a pair with one PUT, for tests"),
    .manifest = lend(manifest),
    .open = open,
    .close = close,
    .check = check,
    .push = push,
    .inspect = inspect,
};

export fn kt_pusher_entry_v1(_: ?*const abi.kt_host) callconv(.c) *const abi.kt_pusher {
    return &table;
}
