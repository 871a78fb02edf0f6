import CKeyturnPusher
import Rotation
import RunnerProtocol
import Secrets
import Testing

@testable import PusherHost

@Suite("What a runner finds, as the host takes it")
struct FoundTests {
    private let redactor = Redactor([.text("t0ken-of-the-pusher")])

    private func place(_ name: String = "acme/app", fields: String = "{}", names: String = "[]") -> WirePlace {
        var place = WirePlace(place: name, fields: fields, keyID: "", changedAt: "")
        place.names = names
        return place
    }

    /// Takes one more than there may be.
    private func filled(_ most: Int32, _ take: (inout Found) -> Bool) -> (taken: Int, found: Found, wasCut: Bool) {
        var found = Found()
        var taken = 0
        for _ in 0..<most where take(&found) { taken += 1 }
        let wasCut = found.isCut
        if take(&found) { taken += 1 }
        return (taken, found, wasCut)
    }

    @Test("no more places, scopes and gaps than the header states, and what is beyond is known")
    func counts() {
        let places = filled(KT_MAX_PLACES) { $0.take(place(), redactor) }
        #expect(places.taken == KT_MAX_PLACES && places.found.places.count == KT_MAX_PLACES)
        #expect(!places.wasCut && places.found.isCut)
        let scopes = filled(KT_MAX_SCOPES) { $0.take(WireScope(name: "x", fields: ""), redactor) }
        #expect(scopes.taken == KT_MAX_SCOPES && !scopes.wasCut && scopes.found.isCut)
        let gaps = filled(KT_MAX_GAPS) { $0.take(WireGap(outcome: 4, part: "x", message: ""), redactor) }
        #expect(gaps.taken == KT_MAX_GAPS && !gaps.wasCut && gaps.found.isCut)
    }

    @Test("no more bytes than a call may find")
    func bytes() {
        var found = Found()
        let long = WireScope(name: "x", fields: String(repeating: "a", count: 4_000))
        for _ in 0..<KT_MAX_SCOPES { _ = found.take(long, redactor) }
        #expect(found.isCut && found.scopes.count < PusherLimits.foundBytesPerCall / 4_000 + 1)
    }

    @Test("texts without what is invisible, and without secrets")
    func texts() {
        let found = FoundPlace(
            place("acme/\u{202E}app\n t0ken-of-the-pusher", names: #"["A\u0007","t0ken-of-the-pusher"]"#), redactor)
        #expect(
            !found.place.contains("t0ken") && found.place.unicodeScalars.allSatisfy { $0 != "\u{202E}" && $0 != "\n" })
        #expect(found.names.count == 2 && found.names.allSatisfy { !$0.contains("t0ken") && !$0.contains("\u{7}") })
        let gap = FoundGap(WireGap(outcome: 0, part: "x\u{200B}", message: "t0ken-of-the-pusher"), redactor)
        #expect(gap.outcome == .unknown && !gap.part.contains("\u{200B}") && !gap.message.contains("t0ken"))
    }

    @Test(
        "no fields that hold a secret, or could not be shown as they are",
        arguments: [
            #"{"repository":"t0ken-of-the-pusher"}"#, #"{"t0ken-of-the-pusher":"x"}"#, #"{"repository":"a\u202eb"}"#,
            #"{"repository":"a\nb"}"#, "[]", "x", "",
        ])
    func fields(_ text: String) {
        #expect(FoundPlace(place(fields: text), redactor).fields.isEmpty)
        #expect(FoundPlace(place(fields: #"{"repository":"acme/app"}"#), redactor).fields == ["repository": "acme/app"])
    }
}
