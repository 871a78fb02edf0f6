internal import CLinux
internal import Enclosure
internal import Glibc
internal import RunnerProtocol
internal import Synchronization

/// The socket to the host. Any thread may send; one thread reads.
final class Channel: Sendable {
    private let descriptor: Int32
    private let sending = Mutex<Void>(())
    private let refusals = Mutex(Refusals())

    init(descriptor: Int32) { self.descriptor = descriptor }

    /// Sends a message with its secrets, as one piece.
    func send(_ kind: Frame.Kind, call: UInt32 = 0, secrets: [[UInt8]] = [], message: some Message) {
        var buffer: [UInt8] = []
        for secret in secrets { Frame(.secret, call: call, payload: secret).write(to: &buffer) }
        Frame(kind, call: call, payload: message.payload).write(to: &buffer)
        defer { wipe(&buffer) }
        sending.withLock { _ in
            buffer.withUnsafeBytes { bytes in
                var sent = 0
                while sent < bytes.count, let base = bytes.baseAddress {
                    let count = write(descriptor, base + sent, bytes.count - sent)
                    if count < 0, errno == EINTR { continue }
                    // The host is gone, and with it the reason to be here.
                    guard count > 0 else { _exit(0) }
                    sent += count
                }
            }
        }
    }

    /// Reports to the host what the kernel has refused since the last time.
    ///
    /// - Parameter call: the one that is just ending; with several in progress it may have been another's.
    func tellRefusals(call: UInt32 = 0) {
        let found = refusals.withLock { $0.take() }
        guard !found.isEmpty else { return }
        let text = "it tried what it was not granted, and was refused: \(found.joined(separator: ", "))"
        send(.log, call: call, message: LogLine(level: 2, text: text, isRefusal: true))
    }

    /// The first frame, and not a byte more; nil: the host closed, or wrote something else.
    func readOne() -> Frame? {
        var reader = FrameReader(limit: Frame.limitFromHost)
        var byte: UInt8 = 0
        while true {
            let count = Glibc.read(descriptor, &byte, 1)
            if count < 0, errno == EINTR { continue }
            guard count == 1 else { return nil }
            withUnsafeBytes(of: &byte) { reader.append($0) }
            do { if let frame = try reader.next() { return frame } } catch { return nil }
        }
    }

    /// Milliseconds without a frame after which memory is given back: a runner mostly waits, for a service or for its next call.
    private static let idleTime: Int32 = 200

    private func waitForMore() {
        var entry = pollfd(fd: descriptor, events: Int16(POLLIN), revents: 0)
        if poll(&entry, 1, Self.idleTime) == 0 { kt_release_memory() }
    }

    /// Calls `body` with each frame until the host closes, or says something that cannot be understood.
    func read(_ body: (Frame) -> Bool) {
        var reader = FrameReader(limit: Frame.limitFromHost)
        var buffer = [UInt8](repeating: 0, count: 64 << 10)
        while true {
            waitForMore()
            let count = buffer.withUnsafeMutableBytes { Glibc.read(descriptor, $0.baseAddress, $0.count) }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else { return }
            buffer.withUnsafeBytes { reader.append(UnsafeRawBufferPointer(rebasing: $0[..<count])) }
            buffer.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, count) } }
            while true {
                guard let frame = try? reader.next() else { break }
                guard body(frame) else { return }
            }
        }
    }
}

/// Overwrites bytes in a way that the compiler does not take out.
func wipe(_ bytes: inout [UInt8]) {
    bytes.withUnsafeMutableBytes { if let base = $0.baseAddress { explicit_bzero(base, $0.count) } }
    bytes.removeAll()
}
