import Glibc
import Rotation
import Testing

@testable import Configuration

@Suite("A time zone")
struct TimeZoneTests {
    /// 2026-03-29T01:00:00Z, when clocks in Berlin go from 02:00 to 03:00.
    private let spring = Timestamp(milliseconds: 1_774_746_000_000)
    private let day: Int64 = 86_400_000

    @Test("is read from its file, and knows the summer times to come")
    func berlin() throws {
        let berlin = try TimeZoneFile.read("Europe/Berlin")
        for (local, moment) in [
            // 2026-01-15 12:00 and 2026-07-15 12:00; 2090-07-15 12:00 lies behind every table.
            (1_768_478_400_000, 1_768_474_800_000), (1_784_116_800_000, 1_784_109_600_000),
            (3_803_803_200_000, 3_803_796_000_000),
        ] as [(Int64, Int64)] {
            #expect(berlin.moment(local: local) == Timestamp(milliseconds: moment))
        }
    }

    @Test("has an hour that does not exist, and one that comes twice")
    func changes() throws {
        let berlin = try TimeZoneFile.read("Europe/Berlin")
        // 02:30 on 2026-03-29 does not exist; 02:30 on 2026-10-25 is first 00:30 UTC.
        #expect(berlin.moment(local: 1_774_751_400_000) == spring + .seconds(1_800))
        #expect(berlin.moment(local: 1_792_895_400_000) == Timestamp(milliseconds: 1_792_888_200_000))
    }

    @Test("lets a freeze follow its clocks, in the night in which they change too")
    func freeze() throws {
        let berlin = try TimeZoneFile.read("Europe/Berlin")
        let nights = Freeze.weekly(
            days: [1, 2, 3, 4, 5, 6, 7], from: .seconds(22 * 3_600), to: .seconds(6 * 3_600), zone: berlin)
        var policy = Policy()
        policy.freezes = [nights]
        // From 21:00 UTC in winter to 04:00 UTC in summer: an hour shorter than other nights.
        #expect(policy.thaw(spring) == spring + .seconds(3 * 3_600))
        #expect(policy.thaw(spring + .seconds(-4 * 3_600 - 1)) == spring + .seconds(-4 * 3_600 - 1))
        #expect(policy.thaw(spring + .seconds(-4 * 3_600)) == spring + .seconds(3 * 3_600))
    }

    @Test("without summer time, with a part of an hour, and south of the equator")
    func others() throws {
        // 2026-01-15T00:00:00Z
        let moment = Timestamp(milliseconds: 1_768_435_200_000)
        for (name, seconds) in [
            ("Asia/Kolkata", 19_800), ("America/New_York", -18_000), ("Australia/Sydney", 39_600),
            ("Etc/GMT+5", -18_000),
            ("UTC", 0),
        ] as [(String, Int64)] {
            let zone = try TimeZoneFile.read(name)
            #expect(zone.moment(local: moment.milliseconds + seconds * 1_000) == moment, "\(name)")
        }
    }

    @Test(
        "that is not there, or is a path, is an error that says so",
        arguments: ["Europe/Atlantis", "../../etc/passwd", "/etc/localtime", "", "Europe", "A b"])
    func wrong(_ name: String) {
        #expect(throws: TimeZoneFile.Failure.self) { try TimeZoneFile.read(name) }
    }

    @Test("cut off or damaged at any byte is refused or read, and nothing worse")
    func damaged() throws {
        let bytes = try #require(TimeZoneTests.file("Europe/Berlin"))
        for length in stride(from: 0, to: bytes.count, by: 7) {
            #expect(TimeZoneFile.zone("x", Array(bytes.prefix(length))) == nil)
        }
        for position in bytes.indices {
            var damaged = bytes
            damaged[position] = 0xFF
            _ = TimeZoneFile.zone("x", damaged)
        }
    }

    @Test(
        "rule is read in the forms that the database has",
        arguments: [
            ("CET-1CEST,M3.5.0,M10.5.0/3", true), ("<+0330>-3:30", true), ("EST5EDT,M3.2.0,M11.1.0", true),
            ("IST-1GMT0,M10.5.0,M3.5.0/1", true), ("<-02>2<-01>,M3.5.0/-1,M10.5.0/0", true), ("UTC0", true),
            ("CET", false), ("CET-1CEST", false), ("CET-1CEST,J60,J300", false), ("CET-1CEST,M13.5.0,M10.5.0", false),
            ("CET-1CEST,M3.5.0,M10.5.0/3 ", false), ("1", false),
        ])
    func rules(_ text: String, _ isRule: Bool) {
        #expect((ZoneRule(text) != nil) == isRule)
    }

    private static func file(_ name: String) -> [UInt8]? {
        guard let file = fopen("/usr/share/zoneinfo/\(name)", "rb") else { return nil }
        defer { fclose(file) }
        var bytes = [UInt8](repeating: 0, count: 65_536)
        let count = fread(&bytes, 1, bytes.count, file)
        return Array(bytes.prefix(count))
    }
}
