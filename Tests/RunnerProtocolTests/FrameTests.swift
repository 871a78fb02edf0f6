import RunnerProtocol
import Testing

@Suite("Frames")
struct FrameTests {
    @Test("come out as they went in, however the stream is cut")
    func roundTrip() throws {
        let frames = [
            Frame(.secret, call: 7, payload: Array("s3cret".utf8)), Frame(.push, call: 7, payload: [1, 2, 3]),
            Frame(.close),
        ]
        var stream: [UInt8] = []
        frames.forEach { $0.write(to: &stream) }
        for cut in 1...stream.count {
            var reader = FrameReader { _ in Frame.payloadLimit }
            var read: [Frame] = []
            for start in stride(from: 0, to: stream.count, by: cut) {
                let piece = Array(stream[start..<min(start + cut, stream.count)])
                piece.withUnsafeBytes { reader.append($0) }
                while let frame = try reader.next() { read.append(frame) }
            }
            #expect(read.map(\.kind) == frames.map(\.kind))
            #expect(read.map(\.call) == frames.map(\.call))
            #expect(read.map(\.payload) == frames.map(\.payload))
            let isInFrame = reader.isInFrame
            #expect(!isInFrame)
        }
    }

    @Test("of more than the limit are refused before they are read")
    func tooLong() {
        var reader = FrameReader { _ in Frame.payloadLimit }
        let header: [UInt8] = [0, 0, 0, 0x80, Frame.Kind.log.rawValue, 0, 0, 0, 0]
        header.withUnsafeBytes { reader.append($0) }
        do {
            _ = try reader.next()
            Issue.record("it was taken")
        } catch { #expect(error.description.contains("frame")) }
    }

    @Test("of an unknown kind are refused")
    func unknownKind() {
        var reader = FrameReader { _ in Frame.payloadLimit }
        let header: [UInt8] = [0, 0, 0, 0, 99, 0, 0, 0, 0]
        header.withUnsafeBytes { reader.append($0) }
        do {
            _ = try reader.next()
            Issue.record("it was taken")
        } catch { #expect(error.description.contains("frame")) }
    }

    @Test("that are cut short are reported as such")
    func cutShort() throws {
        var stream: [UInt8] = []
        Frame(.log, payload: [1, 2, 3]).write(to: &stream)
        var reader = FrameReader { _ in Frame.payloadLimit }
        stream.dropLast().withUnsafeBytes { reader.append($0) }
        let frame = try reader.next()
        #expect(frame == nil)
        let isInFrame = reader.isInFrame
        #expect(isInFrame)
    }
}
