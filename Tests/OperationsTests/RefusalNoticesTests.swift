import Engine
@testable import Operations
@testable import Rotation
import Secrets
import Synchronization
import Testing

@Suite("A target that refuses a new key is reported at its first refusal")
struct RefusalNoticesTests {
    private static let target = TargetName("github:acme/app")
    private static let other = TargetName("github:acme/other")
    private static let pair = KeyPair(id: AccessKeyID("AKIANEW"), secret: .text("secret"))

    /// Pushers that answer as they are to.
    private final class Pushers: PushService {
        let refusal = Mutex<String?>("GitHub: 401. Is the token right?")

        func push(
            _ pair: KeyPair, to target: TargetName, isFinishing: Bool, under tenure: Tenure, timeout: Duration,
            answer: @escaping @Sendable (PushAnswer<PushResult>) -> Void
        ) { answer(.notBegun) }
        func refusal(
            of target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<String?>) -> Void
        ) { answer(.ended(refusal.withLock { $0 })) }
        func inspect(
            _ target: TargetName, timeout: Duration, answer: @escaping @Sendable (PushAnswer<Sighting>) -> Void
        ) { answer(.notBegun) }
    }

    private final class Lines: Sendable {
        let all = Mutex<[String]>([])
    }

    private let pushers = Pushers()
    private let lines = Lines()

    private func notices(blocked: Set<String> = []) -> RefusalNotices {
        RefusalNotices(pushers, users: [Self.target: "bot", Self.other: "bot"], blocked: { blocked }) {
            [lines] text, fields in
            lines.all.withLock { $0.append("\(fields.target ?? ""), \(fields.pusher ?? ""): \(text)") }
        }
    }

    private func ask(_ notices: RefusalNotices, _ target: TargetName = target) async -> String? {
        await withCheckedContinuation { continuation in
            notices.refusal(of: target, timeout: .seconds(1)) { answer in
                if case .ended(let reason) = answer { continuation.resume(returning: reason) }
            }
        }
    }

    private var said: [String] { lines.all.withLock { $0 } }

    @Test("with who, which target, why, when it is asked again, and what to do")
    func words() async {
        let reason = await ask(notices())
        #expect(reason == "GitHub: 401. Is the token right?")
        #expect(
            said == [
                "github:acme/app, github: bot: github:acme/app would not take a new key: GitHub: 401. Is the token right? "
                    + "It is asked again in 20s; while it refuses, no key is made and the rotation does not begin. "
                    + "Fix the target, or take it out of the configuration"
            ])
    }

    @Test("once for a user, and again only after something was pushed for it")
    func once() async {
        let notices = notices()
        for target in [Self.target, Self.other, Self.target] { _ = await ask(notices, target) }
        #expect(said.count == 1)
        notices.push(
            Self.pair, to: Self.target, isFinishing: false, under: Tenure(uptime: { .zero }), timeout: .seconds(1)
        ) { _ in }
        _ = await ask(notices, Self.other)
        #expect(said.count == 2 && said.last?.hasPrefix("github:acme/other") == true)
    }

    @Test("not where the user is blocked by it already, and not where the target takes one")
    func silent() async {
        _ = await ask(notices(blocked: ["bot"]))
        pushers.refusal.withLock { $0 = nil }
        #expect(await ask(notices()) == nil)
        #expect(said == [])
    }
}
