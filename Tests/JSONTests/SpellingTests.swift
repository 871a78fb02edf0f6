@testable import JSON
import Testing

@Suite("Spelling")
struct SpellingTests {
    let known = ["overlap", "rotate-every", "soak", "targets", "user-name"]

    @Test("a name that is nearly right gets the right one")
    func near() {
        for (written, meant) in [
            ("overlapp", "overlap"), ("rotate_every", "rotate-every"), ("Soak", "soak"), ("soka", "soak"),
            ("target", "targets"), ("username", "user-name"), ("rotateEvery", "rotate-every"), ("sok", "soak"),
        ] {
            #expect(Spelling.nearest(to: written, among: known) == meant, "\(written)")
        }
    }

    @Test("a name that is like none gets all that are known, in order")
    func far() {
        #expect(Spelling.nearest(to: "elephant", among: known) == nil)
        #expect(
            Spelling.unknown("elephant", among: ["soak", "overlap"])
                == "unknown field `elephant`; known here: `overlap`, `soak`")
        #expect(Spelling.unknown("x", among: [String]()) == "unknown field `x`")
        #expect(Spelling.unknown("soack", among: known) == "unknown field `soack`; did you mean `soak`?")
    }

    @Test("distance counts insertions, deletions, replacements and exchanges")
    func distance() {
        for (left, right, steps) in [
            ("", "", 0), ("", "abc", 3), ("abc", "", 3), ("kitten", "sitting", 3), ("abc", "abc", 0), ("ab", "ba", 1),
            ("stauts", "status", 1),
            ("flaw", "lawn", 2),
        ] {
            #expect(Spelling.distance(left, right) == steps)
            #expect(Spelling.distance(right, left) == steps)
        }
    }
}
