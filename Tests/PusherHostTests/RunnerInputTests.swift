import RunnerProtocol
import Testing

@testable import PusherHost

@Suite("What a runner sends")
struct RunnerInputTests {
    private static let beginning = [
        Frame(.confined, payload: Confined(parts: ["limits", "no-new-privs", "landlock 4", "seccomp"]).payload),
        Frame(.loaded, payload: Loaded(id: "x", manifest: "{}").payload),
        Frame(.outcome, payload: Outcome(code: 0).payload),
    ]
    private static let request = Frame(
        .httpRequest, call: 7,
        payload: WireRequest(number: 1, method: "GET", url: "https://x.example/", timeLimit: 0).payload)

    private static let awsRequest = Frame(
        .awsRequest, call: 7,
        payload: WireAWSRequest(number: 1, operation: "ssm:GetParameter", region: "", timeLimit: 0).payload)

    private func secret(_ call: UInt32 = 7, _ count: Int = 3) -> Frame {
        Frame(.secret, call: call, payload: Array(repeating: 1, count: count))
    }

    /// How many messages there are, and why there are no more.
    private func read(_ frames: [Frame], live: Set<UInt32> = [7, 8]) -> (count: Int, error: String?) {
        var stream: [UInt8] = []
        frames.forEach { $0.write(to: &stream) }
        var input = RunnerInput()
        stream.withUnsafeBytes { input.append($0) }
        var count = 0
        do throws(ProtocolError) {
            while try input.next(isLive: live.contains) != nil { count += 1 }
            return (count, nil)
        } catch { return (count, error.description) }
    }

    @Test("is taken in its order")
    func sound() {
        let frames =
            Self.beginning + [
                secret(), secret(), Self.request, secret(), Self.awsRequest,
                Frame(.log, payload: LogLine(level: 1, text: "x").payload),
                Frame(.outcome, call: 7, payload: Outcome(code: 0).payload),
            ]
        let found = read(frames)
        #expect(found.count == 7 && found.error == nil)
    }

    @Test("says once, before anything else, what keeps it in, and only in words that there are")
    func confinement() {
        #expect(read([Self.beginning[1]]).error != nil)
        #expect(read([Self.beginning[0], Self.beginning[0]]).error != nil)
        #expect(read(Self.beginning + [Self.beginning[0]]).error != nil)
        for part in ["landlock", "landlock 100", "seccomp\u{1B}[1m", "everything", ""] {
            #expect(read([Frame(.confined, payload: Confined(parts: [part]).payload)]).error != nil, "\(part)")
        }
    }

    @Test("answers its opening once")
    func opening() {
        #expect(read([Self.beginning[0], Self.beginning[2]]).error != nil)
        #expect(read(Self.beginning + [Self.beginning[2]]).error != nil)
        #expect(read(Self.beginning + [Self.beginning[1]]).error != nil)
        #expect(read(Self.beginning + [Frame(.refused, payload: Refused(reason: "x").payload)]).error != nil)
    }

    @Test("holds secrets for the message that comes next, of a call that is in progress, and no others")
    func secrets() {
        #expect(read(Self.beginning + [secret(9)]).error != nil)
        #expect(read(Self.beginning + [secret(0)]).error != nil)
        #expect(read(Self.beginning + [secret(), secret(), secret()]).error != nil)
        #expect(read(Self.beginning + [secret(7), secret(8)]).error != nil)
        #expect(
            read(Self.beginning + [secret(), Frame(.log, payload: LogLine(level: 1, text: "").payload)]).error != nil)
        #expect(read(Self.beginning + [secret(), Self.request]).error != nil)
        #expect(read(Self.beginning + [Self.request]).error != nil)
        #expect(read(Self.beginning + [secret(8), secret(8), Self.request]).error != nil)
        #expect(read(Self.beginning + [Self.awsRequest]).error != nil)
        #expect(read(Self.beginning + [secret(), secret(), Self.awsRequest]).error != nil)
        #expect(read(Self.beginning + [secret(8), Self.awsRequest]).error != nil)
    }

    @Test("belongs to calls that are in progress")
    func calls() {
        #expect(read(Self.beginning + [Frame(.outcome, call: 9, payload: Outcome(code: 0).payload)]).error != nil)
        #expect(read(Self.beginning + [secret(), secret(), Self.request], live: []).error != nil)
    }

    @Test(
        "is refused by its kind and its length before it is taken in",
        arguments: [
            (Frame.Kind.log, 67 << 10), (.httpRequest, 10 << 10), (.awsRequest, 1_025), (.outcome, 201 << 10),
            (.secret, (1 << 20) + 1),
            (.confined, 1_025),
            (.loaded, 2 << 20), (.refused, 71 << 10), (.push, 0), (.open, 0), (.httpResponse, 0), (.close, 0),
        ] as [(Frame.Kind, Int)])
    func lengths(kind: Frame.Kind, count: Int) {
        var header: [UInt8] = []
        Frame.writeHeader(kind, call: 7, count: count, to: &header)
        var input = RunnerInput()
        header.withUnsafeBytes { input.append($0) }
        do throws(ProtocolError) {
            _ = try input.next(isLive: { _ in true })
            Issue.record("a frame of kind \(kind) with \(count) bytes was waited for")
        } catch { #expect(error.description.contains("frame")) }
    }

    @Test("leaves no more in memory than a frame that is not whole")
    func compaction() throws {
        var input = RunnerInput()
        var stream: [UInt8] = []
        (Self.beginning
            + Array(
                repeating: Frame(.log, payload: LogLine(level: 0, text: String(repeating: "x", count: 60_000)).payload),
                count: 200))
            .forEach { $0.write(to: &stream) }
        var count = 0
        // Cut so that no read ends where a frame ends.
        for start in stride(from: 0, to: stream.count, by: 65_521) {
            stream[start..<min(start + 65_521, stream.count)].withUnsafeBytes { input.append($0) }
            while try input.next(isLive: { _ in true }) != nil { count += 1 }
            let pending = input.pending
            #expect(pending < 67 << 10)
        }
        #expect(count == 203)
    }
}

@Suite("Counts of an hour")
struct HourlyCountTests {
    @Test("end at their bound, are said once, and begin again")
    func hour() {
        let start = ContinuousClock.now
        var count = HourlyCount(limit: 3)
        let taken = (0..<5).map { _ in count.take(at: start) }
        #expect(taken == [true, true, true, false, false])
        let first = (0..<3).map { _ in count.isFirstRefusal() }
        #expect(first == [true, false, false])
        let later = [3_599, 3_600].map { count.take(at: start + .seconds($0)) }
        #expect(later == [false, true])
        let many = count.take(4, at: start + .seconds(3_600))
        #expect(!many)
    }
}
