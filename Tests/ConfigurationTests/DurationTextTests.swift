import Configuration
import Testing

@Suite("Durations as people write them")
struct DurationTextTests {
    @Test("have a number and a unit")
    func parse() {
        for (text, seconds) in [
            ("1s", 1), ("90s", 90), ("30m", 1800), ("12h", 43_200), ("7d", 604_800), ("36525d", 3_155_760_000),
        ] {
            #expect(DurationText.parse(text) == .seconds(seconds))
        }
        for text in ["", "s", "0s", "-5s", "5", "5S", "1h30m", "1.5h", " 5s", "5 s", "٣s", "36526d", "0x5s"] {
            #expect(DurationText.parse(text) == nil, "\(text)")
        }
    }

    @Test("are written in two units at most")
    func text() {
        for (seconds, text) in [
            (0, "0s"), (4, "4s"), (90, "1m 30s"), (43_200, "12h"), (108_000, "1d 6h"), (90_061, "1d 1h"), (-5, "0s"),
        ] {
            #expect(DurationText.text(.seconds(seconds)) == text)
        }
        #expect(DurationText.text(.milliseconds(1_999)) == "1s")
    }
}
