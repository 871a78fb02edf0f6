import Rotation
import Secrets
import Synchronization
import Testing

@testable import AWS

/// A clock that a test turns.
private final class Clock: Sendable {
    private let time = Mutex(Timestamp(milliseconds: 1_800_000_000_000))
    var now: Timestamp { time.withLock { $0 } }
    func pass(_ duration: Duration) { time.withLock { $0 = $0 + duration } }
}

/// A source that numbers what it gives, and fails when asked to.
private final class Numbered: CredentialSource {
    let name = "a test"
    private let clock: Clock
    private let life: Duration?
    private let state = Mutex((asked: 0, isBroken: false))

    init(_ clock: Clock, life: Duration?) {
        self.clock = clock
        self.life = life
    }

    var asked: Int { state.withLock { $0.asked } }
    func fail(_ fails: Bool) { state.withLock { $0.isBroken = fails } }

    func credentials() async throws(AWSError) -> Credentials? {
        let (asked, isBroken) = state.withLock { state in
            state.asked += 1
            return state
        }
        // Others get their turn: whoever comes now must join in.
        for _ in 0..<50 { await Task.yield() }
        if isBroken { throw failure("it is broken", .unreachable) }
        let pair = KeyPair(id: AccessKeyID("ASIA\(asked)"), secret: .text("secret"))
        return Credentials(
            pair: pair, sessionToken: .text("token"), expiry: life.map { clock.now + $0 }, source: name)
    }
}

@Suite("Temporary credentials")
struct RefreshingTests {
    private let clock = Clock()

    private func keep(_ source: Numbered) -> RefreshingCredentials {
        RefreshingCredentials(source, now: { [clock] in clock.now }, warn: { _ in })
    }

    @Test("are got once for all who ask, and again five minutes before they end")
    func kept() async throws {
        let source = Numbered(clock, life: .seconds(3_600))
        let kept = keep(source)
        let ids = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<300 { group.addTask { try? await kept.credentials()?.pair.id.rawValue } }
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(ids == ["ASIA1"] && source.asked == 1)
        clock.pass(.seconds(3_299))
        #expect(try await kept.credentials()?.pair.id.rawValue == "ASIA1")
        clock.pass(.seconds(1))
        #expect(try await kept.credentials()?.pair.id.rawValue == "ASIA2")
    }

    @Test("go on being used while they hold, when a refresh fails, which is reported and tried again a minute later")
    func failing() async throws {
        let source = Numbered(clock, life: .seconds(3_600))
        let told = Mutex<[String]>([])
        let kept = RefreshingCredentials(
            source, now: { [clock] in clock.now }, warn: { words in told.withLock { $0.append(words) } })
        _ = try await kept.credentials()
        source.fail(true)
        clock.pass(.seconds(3_310))
        #expect(try await kept.credentials()?.pair.id.rawValue == "ASIA1")
        #expect(try await kept.credentials()?.pair.id.rawValue == "ASIA1")
        #expect(source.asked == 2, "not again within the minute")
        #expect(told.withLock { $0 }.count == 1 && told.withLock { $0[0] }.contains("a test: it is broken"))
        clock.pass(.seconds(61))
        #expect(try await kept.credentials()?.pair.id.rawValue == "ASIA1")
        #expect(source.asked == 3)
        clock.pass(.seconds(230))
        await #expect(throws: AWSError.self) { try await kept.credentials() }
        source.fail(false)
        #expect(try await kept.credentials()?.pair.id.rawValue == "ASIA5")
    }

    @Test("that AWS refuses are replaced once, by whoever comes first")
    func refused() async throws {
        let source = Numbered(clock, life: .seconds(3_600))
        let kept = keep(source)
        let old = try #require(try await kept.credentials())
        let ids = await withTaskGroup(of: String?.self) { group in
            for _ in 0..<300 { group.addTask { try? await kept.credentials(insteadOf: old)?.pair.id.rawValue } }
            return await group.reduce(into: Set<String?>()) { $0.insert($1) }
        }
        #expect(ids == ["ASIA2"] && source.asked == 2)
    }

    @Test("that AWS refuses are not used any more, though a refresh fails")
    func refusedAndBroken() async throws {
        let source = Numbered(clock, life: .seconds(3_600))
        let kept = keep(source)
        let old = try #require(try await kept.credentials())
        source.fail(true)
        await #expect(throws: AWSError.self) { try await kept.credentials(insteadOf: old) }
        await #expect(throws: AWSError.self) { try await kept.credentials() }
    }

    @Test("that last shorter than the window are not got for every call")
    func short() async throws {
        let source = Numbered(clock, life: .seconds(120))
        let kept = keep(source)
        for _ in 0..<5 { _ = try await kept.credentials() }
        #expect(source.asked == 1)
        clock.pass(.seconds(61))
        #expect(try await kept.credentials()?.pair.id.rawValue == "ASIA2")
    }

    @Test("without an end are read again after five minutes")
    func endless() async throws {
        let source = Numbered(clock, life: nil)
        let kept = keep(source)
        _ = try await kept.credentials()
        clock.pass(.seconds(299))
        _ = try await kept.credentials()
        #expect(source.asked == 1)
        clock.pass(.seconds(1))
        _ = try await kept.credentials()
        #expect(source.asked == 2)
    }
}

@Suite("Who someone is")
struct ARNTests {
    @Test(
        "an ARN is of a user by that name, whatever path and case",
        arguments: [
            ("arn:aws:iam::123456789012:user/cicd-bot", true), ("arn:aws-cn:iam::123456789012:user/a/b/CICD-bot", true),
            ("arn:aws:iam::123456789012:user/cicd-bot/other", false),
            ("arn:aws:iam::123456789012:role/cicd-bot", false),
            ("arn:aws:sts::123456789012:assumed-role/x/cicd-bot", false), ("arn:aws:iam::123456789012:root", false),
            ("user/cicd-bot", false), ("", false),
        ])
    func user(arn: String, isUser: Bool) { #expect(ARN(arn).isUser(named: "cicd-bot") == isUser) }
}

@Suite("A container's endpoint")
struct ContainerAddressTests {
    @Test(
        "is asked over https, or at this machine and AWS's own addresses",
        arguments: [
            ("https://example.com/x", true), ("http://127.0.0.1:80/x", true), ("http://127.9.8.7/x", true),
            ("http://localhost/x", true), ("http://[::1]:90/x", true), ("http://169.254.170.2/x", true),
            ("http://169.254.170.23/v1/credentials", true), ("http://[fd00:ec2::23]/v1/credentials", true),
            ("http://169.254.169.254/x", false), ("http://example.com/x", false),
            ("http://127.0.0.1.example.com/", false),
            ("http://user@127.0.0.1/", false), ("ftp://127.0.0.1/", false), ("http:///x", false),
            ("127.0.0.1/x", false),
        ])
    func hosts(url: String, isAllowed: Bool) { #expect(ContainerCredentials.isAllowed(url) == isAllowed) }
}
