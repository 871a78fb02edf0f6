import Configuration
import Rotation
import Testing

@Suite("freeze")
struct FreezeTests {
    private func text(_ entries: String) -> String {
        Sample.small(targets: ["pusher: travis, repository: a/b"]) + "\ndefaults:\n  freeze:\n"
            + entries.split(separator: "\n").map { "    - \($0)\n" }.joined()
    }

    private func freezes(_ entries: String) throws -> [Freeze] {
        try #require(try Sample.resolve(text(entries)).users.first).policy.freezes
    }

    @Test("takes dates, moments, days, and times of the day, quoted or not")
    func forms() throws {
        let friday = Timestamp(milliseconds: 1_800_000_000_000 - 8 * 3_600_000)
        #expect(
            try freezes(
                """
                { from: 2027-01-15, to: 2027-01-16 }
                { from: 2027-01-15T01:00:00+01:00, to: "2027-01-15T10:00:00Z" }
                { days: [sat, Sun] }
                { days: [mon], from: 10:30, to: "12:00" }
                { from: "22:00", to: "06:00" }
                """) == [
                    .period(from: friday, to: friday + .seconds(86_400)),
                    .period(from: friday, to: friday + .seconds(36_000)),
                    .weekly(days: [6, 7], from: .zero, to: .zero),
                    .weekly(days: [1], from: .seconds(37_800), to: .seconds(43_200)),
                    .weekly(days: [1, 2, 3, 4, 5, 6, 7], from: .seconds(79_200), to: .seconds(21_600)),
                ])
    }

    @Test(
        "says what is wrong with one",
        arguments: [
            (
                "{ days: [saturday] }",
                "`defaults.freeze[0].days` must be a list of days: mon, tue, wed, thu, fri, sat, sun"
            ),
            ("{ from: 2027-01-16, to: 2027-01-15 }", "`defaults.freeze[0].to` must be after `from`"),
            (
                "{ from: 2027-01-16 }",
                "`defaults.freeze[0].to` must be a date such as 2026-12-20, a moment such as 2026-12-20T18:00:00+01:00, or a time of "
                    + "the day such as \"08:00\""
            ),
            (
                "{ from: 24.12.2026, to: 2027-01-04 }",
                "`defaults.freeze[0].from` must be a date such as 2026-12-20, a moment such as 2026-12-20T18:00:00+01:00, or a time of "
                    + "the day such as \"08:00\""
            ),
            (
                "{ from: 2026-12-24, to: \"08:00\" }",
                "`defaults.freeze[0].to` must be of the same kind as `from`: both dates, or both times of the day"
            ),
            ("{ from: \"08:00\", to: \"08:00\" }", "`defaults.freeze[0].to` must be another time than `from`"),
            (
                "{ days: [mon], from: \"08:00\", to: \"10:00\", time-zone: Berlin }",
                "`defaults.freeze[0].time-zone` names Berlin, which the time zone database does not have; did you mean `Europe/Berlin`?"
            ),
            (
                "{ days: [mon], from: \"08:00\", to: \"10:00\", time-zone: CEST }",
                "names CEST, which the time zone database does not have; it has names such as Europe/Berlin"
            ),
            (
                "{ days: [mon], from: \"8:00\", to: \"10:00\" }",
                "`defaults.freeze[0].from` must be a time of the day such as \"08:00\""
            ),
            ("{ reason: holidays }", "`defaults.freeze[0]` needs `days`, or `from` and `to`"),
            ("{ days: [mon], until: 5 }", "unknown field `until`"),
        ])
    func mistakes(entry: String, complaint: String) {
        #expect(Sample.complaint(text(entry))?.contains(complaint) == true)
    }
}
