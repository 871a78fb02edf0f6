import CKeyturnPusher
import Foundation
import Glibc
@testable import PusherRunner
@testable import RunnerProtocol
import Testing

/// The host's end of a runner's socket, and the runner's.
private final class Pair {
    let host: Int32
    let channel: Channel
    private let runner: Int32

    init() {
        var descriptors: [Int32] = [0, 0]
        socketpair(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0, &descriptors)
        (host, runner) = (descriptors[0], descriptors[1])
        channel = Channel(descriptor: descriptors[1])
    }

    deinit {
        close(host)
        close(runner)
    }

    func write(_ bytes: [UInt8]) { #expect(Glibc.write(host, bytes, bytes.count) == bytes.count) }

    /// What has arrived at the host.
    func arrived() throws -> [Frame] {
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        let count = recv(host, &buffer, buffer.count, Int32(MSG_DONTWAIT))
        var reader = FrameReader(limit: Frame.limitFromRunner)
        buffer.withUnsafeBytes { reader.append(UnsafeRawBufferPointer(rebasing: $0[..<max(count, 0)])) }
        var frames: [Frame] = []
        while let frame = try reader.next() { frames.append(frame) }
        return frames
    }
}

@Suite("The runner's end of the socket")
struct ChannelTests {
    private func bytes(_ frames: Frame...) -> [UInt8] {
        var bytes: [UInt8] = []
        for frame in frames { frame.write(to: &bytes) }
        return bytes
    }

    @Test("sends a message behind its secrets")
    func sending() throws {
        let pair = Pair()
        pair.channel.send(.log, call: 7, secrets: [[1, 2, 3]], message: LogLine(level: 2, text: "words"))
        let frames = try pair.arrived()
        #expect(frames.map(\.kind) == [.secret, .log] && frames.map(\.call) == [7, 7])
        #expect(frames.first?.payload == [1, 2, 3])
        #expect(try LogLine(payload: frames[1].payload).text == "words")
    }

    @Test("takes its first frame and not a byte of the next one")
    func first() throws {
        let pair = Pair()
        pair.write(bytes(Frame(.confine, payload: [9]), Frame(.open, payload: [8])))
        #expect(pair.channel.readOne()?.payload == [9])
        var next: [Frame.Kind] = []
        shutdown(pair.host, Int32(SHUT_WR))
        pair.channel.read { frame in
            next.append(frame.kind)
            return true
        }
        #expect(next == [.open])
    }

    @Test("ends where the host closes in the middle of a frame, or writes what is none")
    func broken() throws {
        let whole = bytes(Frame(.open, payload: Array(repeating: 1, count: 100)))
        let pair = Pair()
        pair.write(whole + Array(whole.prefix(50)))
        shutdown(pair.host, Int32(SHUT_WR))
        var count = 0
        pair.channel.read { _ in
            count += 1
            return true
        }
        #expect(count == 1)
        let other = Pair()
        other.write(Array(repeating: 0xFF, count: 64))
        shutdown(other.host, Int32(SHUT_WR))
        #expect(other.channel.readOne() == nil)
    }

    @Test("is left when the reader has had enough")
    func enough() throws {
        let pair = Pair()
        pair.write(bytes(Frame(.open), Frame(.open), Frame(.open)))
        var count = 0
        pair.channel.read { _ in
            count += 1
            return count < 2
        }
        #expect(count == 2)
    }
}

@Suite("A response that is lent to a plugin")
struct LentResponseTests {
    @Test("has the header fields in order, the body as it is, and views within its own memory")
    func lent() {
        var message = WireResponse(number: 1, error: 0, status: 207)
        message.headers = [(name: "etag", value: "\"ä\""), (name: "empty", value: "")]
        message.errorText = "no words"
        let lent = LentResponse(message, body: [0, 255, 10])
        let response = lent.response.pointee
        #expect(response.status == 207 && response.header_count == 2 && response.error == 0)
        #expect(text(response.headers[0].name) == "etag" && text(response.headers[0].value) == "\"ä\"")
        #expect(text(response.headers[1].value) == "" && text(response.error_text) == "no words")
        #expect(
            Array(UnsafeBufferPointer(start: response.body.data, count: Int(response.body.length))) == [0, 255, 10])
        lent.release()
    }

    @Test("has room for nothing")
    func empty() {
        let lent = LentResponse(WireResponse(number: 1, error: 3, status: -1), body: [])
        #expect(lent.response.pointee.status == 0 && lent.response.pointee.body.length == 0)
        lent.release()
    }
}

@Suite("A library that is not a pusher")
struct LibraryTests {
    private func reason(_ path: String) throws -> String {
        let descriptor = open(path, O_RDONLY)
        try #require(descriptor >= 0)
        defer { close(descriptor) }
        do {
            _ = try Library(descriptor: descriptor, name: "x")
            return ""
        } catch { return error.description }
    }

    @Test("is refused with its reason, without the path of a descriptor")
    func refused() throws {
        let text = try reason("/etc/passwd")
        #expect(text.contains("ELF"), "\(text)")
        #expect(!text.contains("/proc/self/fd"))
        // The last one: the C library knows what it has opened by the descriptor's number, and a runner opens one.
        #expect(try reason("/lib/x86_64-linux-gnu/libz.so.1").hasPrefix("it does not export \(KT_ENTRY_SYMBOL_V1)"))
    }
}
