import Listening
import Rotation
import Testing

@Suite("Health and readiness")
struct VitalsTests {
    private let now = Sample.now

    private func vitals(pass: Duration?, pushers: Bool = true, trouble: String? = nil) -> Vitals {
        Vitals(
            started: now - .seconds(600), lastPass: pass.map { now - $0 }, hasPushers: pushers, stateTrouble: trouble)
    }

    @Test("a scheduler that turns is healthy, and one that has stopped turning is not")
    func health() {
        #expect(vitals(pass: .seconds(15)).health(at: now).status == 200)
        #expect(vitals(pass: .seconds(61)).health(at: now).status == 503)
        #expect(vitals(pass: nil).health(at: now).status == 503)
        #expect(vitals(pass: nil).health(at: now - .seconds(590)).status == 200)
    }

    @Test("what is missing is said")
    func readiness() {
        func answer(_ vitals: Vitals) -> String {
            let reply = vitals.readiness(at: now)
            return "\(reply.status) \(String(decoding: reply.body, as: UTF8.self))"
        }
        #expect(answer(vitals(pass: .seconds(1))) == "200 ready\n")
        var refused = vitals(pass: .seconds(1))
        refused.configurationTrouble = "this is not YAML"
        #expect(answer(refused).hasPrefix("200 ready; the changed configuration is not used"))
        #expect(answer(refused).contains("this is not YAML"))
        #expect(answer(vitals(pass: .seconds(1), trouble: "no disk")) == "503 the state cannot be read: no disk\n")
        #expect(answer(vitals(pass: .seconds(1), pushers: false)).hasPrefix("503 the pushers"))
        #expect(answer(vitals(pass: nil)).hasPrefix("503 the scheduler has not begun"))
        #expect(answer(vitals(pass: .seconds(90))).hasPrefix("503 the scheduler has not looked"))
    }
}
