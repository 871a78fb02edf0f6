import Journal
@testable import Operations
import Rotation
import Testing

@Suite("A report")
struct ReportTests {
    private static let start = Timestamp(milliseconds: 1_800_000_000_000)
    private static let day: Duration = .seconds(86_400)
    private let old = AccessKeyID("AKIAOLD")
    private let new = AccessKeyID("AKIANEW")

    private func at(_ days: Int) -> Timestamp { Self.start + Self.day * days }

    private func lives(_ lines: [(Int, HistoryEvent)]) -> KeyLives {
        var lives = KeyLives()
        for (day, note) in lines { lives.take(note, at: at(day)) }
        return lives
    }

    @Test(
        "a key's life ends when it is made Inactive, not when it is deleted, and begins again where it is brought back")
    func life() {
        var lines: [(Int, HistoryEvent)] = [
            (0, HistoryEvent(.created, key: old)), (10, HistoryEvent(.deactivated, key: old)),
            (12, HistoryEvent(.deleted, key: old)),
        ]
        #expect(lives(lines).lives[old]?.age(at: at(50)) == Self.day * 10)
        lines.insert((11, HistoryEvent(.activated, key: old)), at: 2)
        #expect(lives(lines).lives[old]?.age(at: at(50)) == Self.day * 12)
        #expect(lives(Array(lines.prefix(1))).lives[old]?.age(at: at(7)) == Self.day * 7)
    }

    @Test("a key that was taken over is at least so old, until the record says when IAM created it")
    func takenOver() {
        var lives = lives([(5, HistoryEvent(.takenOver, key: old))])
        #expect(lives.lives[old] == .init(key: old, since: at(5), isAtLeast: true))
        lives.take(KeyRecord(id: old, created: at(-20), status: .active), at: at(6))
        #expect(lives.lives[old] == .init(key: old, since: at(-20)))
    }

    @Test("a leak lived from the order to the death of its key, whichever comes of an order that is given twice")
    func leak() {
        let lives = lives([
            (0, HistoryEvent(.created, key: old)), (3, HistoryEvent(.requested, key: old, detail: "revoke AKIAOLD")),
            (4, HistoryEvent(.requested, key: old, detail: "revoke AKIAOLD at once")),
            (4, HistoryEvent(.requested, key: new, detail: "retire AKIAOLD: no")),
            (5, HistoryEvent(.deactivated, key: old)), (6, HistoryEvent(.deleted, key: old)),
        ])
        #expect(lives.leaks == [.init(key: old, at: at(3), deadAt: at(5))])
    }

    @Test("the period leaves out what was over before it began, and keeps what reaches into it")
    func period() throws {
        let lives = lives([
            (0, HistoryEvent(.created, key: old)),
            (1, HistoryEvent(.skipped, target: TargetName("a:b"), detail: "gone")),
            (10, HistoryEvent(.created, key: new)), (11, HistoryEvent(.deactivated, key: old)),
            (12, HistoryEvent(.completed, key: new)),
        ])
        func user(since day: Int?) -> ReportDocument.User {
            Report.user("bot", isConfigured: true, Rotation(at: at(0)), lives, day.map(at), at(15))
        }
        #expect(user(since: nil).skips.map(\.reason) == ["gone"] && user(since: 2).skips.isEmpty)
        #expect(user(since: nil).rotations == 1 && user(since: 13).rotations == 0)
        #expect(user(since: 11).oldest?.key == old.rawValue && user(since: 11).oldest?.seconds == 11 * 86_400)
        #expect(user(since: 12).oldest?.key == new.rawValue && user(since: 12).oldest?.seconds == 5 * 86_400)
    }

    @Test("a key that was older than allowed fails the period that it reaches into, also once it is dead")
    func verdict() {
        let lives = lives([
            (0, HistoryEvent(.created, key: old)), (30, HistoryEvent(.created, key: new)),
            (31, HistoryEvent(.deactivated, key: old)),
        ])
        let user = Report.user("bot", isConfigured: true, Rotation(at: at(0)), lives, nil, at(40))
        func failures(_ days: Int, since: Int? = nil) -> [String] {
            Report.failures(user, lives, since.map(at), at(40), Self.day * days)
        }
        #expect(failures(31).isEmpty)
        #expect(failures(30) == ["bot: AKIAOLD was Active until it was 31d old; allowed: 30d"])
        #expect(failures(30, since: 32).isEmpty)
        #expect(failures(9).count == 2 && failures(9)[0] == "bot: AKIANEW is Active and 10d old; allowed: 9d")
    }
}
