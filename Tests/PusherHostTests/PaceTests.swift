@testable import HTTP
import JSON
import Secrets
import Testing

@testable import PusherHost

@Suite("Paces")
struct PaceTests {
    private let start = ContinuousClock.now

    private func rules(_ applies: String = "always", push: String = #"{"read":2,"write":2}"#) throws -> PaceRules {
        PaceRules(
            try JSONValue(
                parsing: """
                    {"limits":[{"seconds":60,"cost":80,"write":1,"applies":"\(applies)"}],"push":\(push)}
                    """))
    }

    private func answer(_ status: Int, _ headers: [(name: String, value: String)] = []) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers, body: .text(""))
    }

    /// A push of two reads and two writes.
    private func push(_ pace: Pace, at now: ContinuousClock.Instant) throws -> Bool {
        guard case .success(var reservation) = pace.reserve(at: now) else { return false }
        for method in ["GET", "PUT", "PUT", "GET"] {
            guard pace.admit(method, &reservation, at: now) == nil else { return false }
            pace.learn(from: answer(204), at: now)
        }
        pace.release(reservation, at: now)
        return true
    }

    @Test("let as many pushes begin as the limit allows, and the next ones when the span is over")
    func span() throws {
        let pace = Pace(try rules(), isVendor: true)
        for _ in 0..<40 { #expect(try push(pace, at: start)) }
        guard case .failure(let wait) = pace.reserve(at: start + .seconds(1)) else {
            Issue.record("the forty-first push began")
            return
        }
        #expect(wait.until == start + .seconds(60))
        #expect(try push(pace, at: start + .seconds(61)))
    }

    @Test("count a push that is in progress in full, however long it takes")
    func underWay() throws {
        let pace = Pace(try rules(), isVendor: true)
        var open: [Pace.Reservation] = []
        for _ in 0..<40 { if case .success(let reservation) = pace.reserve(at: start) { open.append(reservation) } }
        #expect(open.count == 40)
        #expect(throws: Pace.Wait.self) { try pace.reserve(at: start + .seconds(300)).get() }
        // What was not spent is free again at once.
        open.forEach { pace.release($0, at: start + .seconds(300)) }
        #expect(try push(pace, at: start + .seconds(301)))
    }

    @Test("keep self-managed services to no limit until their answers show one")
    func sign() throws {
        let pace = Pace(try rules("limited"), isVendor: false)
        for _ in 0..<100 { #expect(try push(pace, at: start)) }
        pace.learn(from: answer(200, [("x-ratelimit-limit", "5000"), ("x-ratelimit-remaining", "4000")]), at: start)
        for _ in 0..<40 { #expect(try push(pace, at: start)) }
        #expect(try !push(pace, at: start))
    }

    @Test("keep what is only advised once the service has insisted")
    func advice() throws {
        let pace = Pace(try rules("refused"), isVendor: true)
        for _ in 0..<100 { #expect(try push(pace, at: start)) }
        pace.learn(from: answer(403, [("retry-after", "5")]), at: start)
        let later = start + .seconds(6)
        for _ in 0..<40 { #expect(try push(pace, at: later)) }
        #expect(try !push(pace, at: later))
    }

    @Test(
        "pause as long as the service says",
        arguments: [(429, [("retry-after", "7")], 7), (403, [("retry-after", "9")], 9), (429, [], 10)]
            as [(Int, [(String, String)], Int)])
    func pause(status: Int, headers: [(String, String)], seconds: Int) throws {
        let pace = Pace(try rules(), isVendor: true)
        var reservation = try pace.reserve(at: start).get()
        pace.learn(from: answer(status, headers.map { (name: $0.0, value: $0.1) }), at: start)
        #expect(pace.admit("GET", &reservation, at: start + .seconds(seconds - 1)) == start + .seconds(seconds))
        #expect(throws: Pace.Wait.self) { try pace.reserve(at: start).get() }
        #expect(pace.admit("GET", &reservation, at: start + .seconds(seconds)) == nil)
    }

    @Test("do not take a permission that lacks for a pause")
    func forbidden() throws {
        let pace = Pace(try rules(), isVendor: true)
        pace.learn(from: answer(403), at: start)
        #expect(pace.pause(at: start) == nil)
    }

    @Test("pause longer each time that the service gives no time, up to an hour")
    func backoff() throws {
        let pace = Pace(try rules(), isVendor: true)
        var now = start
        for seconds in [10, 20, 40, 80, 160, 320, 640, 1_280, 2_560, 3_600, 3_600] {
            pace.learn(from: answer(429), at: now)
            #expect(pace.pause(at: now) == now + .seconds(seconds))
            now += .seconds(seconds)
        }
    }

    @Test("let requests wait one by one where a push's need is not known")
    func single() throws {
        let pace = Pace(
            PaceRules(try JSONValue(parsing: #"{"limits":[{"seconds":30,"cost":45,"post":1}]}"#)), isVendor: false)
        for _ in 0..<45 {
            var reservation = try pace.reserve(at: start).get()
            #expect(
                pace.admit("POST", &reservation, at: start) == nil
                    && pace.admit("PATCH", &reservation, at: start) == nil)
        }
        var reservation = try pace.reserve(at: start).get()
        #expect(pace.admit("PATCH", &reservation, at: start) == nil)
        #expect(pace.admit("POST", &reservation, at: start) == start + .seconds(30))
    }

    @Test("begin no push whose POSTs would not all be let go, and count those that turn out to be none as nothing")
    func posts() throws {
        let rules = PaceRules(
            try JSONValue(
                parsing: #"{"limits":[{"seconds":30,"cost":45,"post":1}],"push":{"read":1,"write":2,"post":2}}"#))
        let creating = Pace(rules, isVendor: false)
        var open: [Pace.Reservation] = []
        while open.count < 100, case .success(let reservation) = creating.reserve(at: start) {
            open.append(reservation)
        }
        #expect(open.count == 22)
        for index in open.indices {
            for method in ["GET", "POST", "POST"] { #expect(creating.admit(method, &open[index], at: start) == nil) }
            creating.release(open[index], at: start)
        }
        #expect(throws: Pace.Wait.self) { try creating.reserve(at: start + .seconds(29)).get() }
        #expect((try? creating.reserve(at: start + .seconds(31)).get()) != nil)

        let changing = Pace(rules, isVendor: false)
        for _ in 0..<100 {
            var reservation = try changing.reserve(at: start).get()
            #expect(changing.admit("PATCH", &reservation, at: start) == nil)
            changing.release(reservation, at: start)
        }
        #expect(rules.shortestTime(ofPushes: 1_000) == .zero)
    }

    @Test("say how long many pushes take at least")
    func plan() throws {
        let rules = try rules()
        #expect(rules.shortestTime(ofPushes: 40) == .zero && rules.shortestTime(ofPushes: 41) == .seconds(60))
        #expect(rules.shortestTime(ofPushes: 300) == .seconds(420))
    }
}

@Suite("What services say about time")
struct ServiceTimesTests {
    private let now = ContinuousClock.now

    private func pace(_ json: String = "{}") throws -> Pace {
        Pace(PaceRules(try JSONValue(parsing: json)), isVendor: true)
    }

    private func answer(_ status: Int, _ headers: [String: String]) -> HTTPResponse {
        HTTPResponse(status: status, headers: headers.map { (name: $0.key, value: $0.value) }, body: .text(""))
    }

    @Test(
        "is bounded and never traps, whatever it is",
        arguments: [
            "-9223372036854775808", "9223372036854775807", "-1", "0", "1e308", "nan", "inf", "31536000", "x", "",
            "Fri, 31 Dec 9999 23:59:59 GMT", "Thu, 01 Jan 1970 00:00:00 GMT",
        ])
    func clamped(text: String) throws {
        for name in ["retry-after", "x-ratelimit-remaining", "x-ratelimit-reset", "x-ratelimit-limit", "date"] {
            for status in [200, 403, 429, 503] {
                let pace = try pace()
                var fields = ["x-ratelimit-remaining": "0", "x-ratelimit-reset": "\(Int.max)", "date": "x"]
                fields[name] = text
                pace.learn(from: answer(status, fields), at: now)
                #expect(pace.budgets(at: now).allSatisfy { $0.left >= 0 })
                if let pause = pace.pause(at: now) { #expect(pause <= now + .seconds(3_600)) }
                if case .failure(let wait) = pace.reserve(at: now) { #expect(wait.until <= now + .seconds(3_600)) }
                #expect((try? pace.reserve(at: now + .seconds(3_601)).get()) != nil)
            }
        }
    }

    @Test(
        "is read in every form that services use",
        arguments: [
            (429, ["retry-after": "7"], 7), (503, ["retry-after": "7"], 7), (403, ["retry-after": "7"], 7),
            (429, ["retry-after": "6.5"], 7),
            // By the service's own clock, an hour off this machine's.
            (429, ["retry-after": "Sun, 06 Nov 1994 08:49:47 GMT", "date": "Sun, 06 Nov 1994 08:49:37 GMT"], 10),
            (429, ["x-ratelimit-reset": "1900000030", "date": "Mon, 17 Mar 2030 17:46:40 GMT"], 31),
            (429, ["x-ratelimit-reset": "1900000030000", "date": "Mon, 17 Mar 2030 17:46:40 GMT"], 31),
            (429, ["x-ratelimit-reset": "30"], 30), (429, [:], 10),
            // A time that is over is none.
            (429, ["x-ratelimit-reset": "1900000000", "date": "Mon, 17 Mar 2030 17:50:00 GMT"], 10),
        ] as [(Int, [String: String], Int)])
    func forms(status: Int, fields: [String: String], seconds: Int) throws {
        let pace = try pace()
        pace.learn(from: answer(status, fields), at: now)
        let pause = try #require(pace.pause(at: now)) - now
        #expect(pause == .seconds(seconds), "\(pause)")
    }

    @Test("does not stop a call between its writes where the pause is keyturn's own idea")
    func halves() throws {
        let json = #"{"limits":[{"seconds":60,"cost":3,"write":1}],"push":{"write":2}}"#
        let pace = try pace(json)
        var writing = try pace.reserve(at: now).get()
        #expect(pace.admit("PUT", &writing, at: now) == nil)
        pace.learn(from: answer(429, [:]), at: now)
        #expect(pace.pause(at: now) != nil)
        #expect(throws: Pace.Wait.self) { try pace.reserve(at: now).get() }
        for _ in 0..<4 { #expect(pace.admit("PUT", &writing, at: now) == nil) }
        // What the service asks for stops it, and so does what its vendor documents.
        pace.learn(from: answer(429, ["retry-after": "90"]), at: now)
        #expect(pace.admit("PUT", &writing, at: now) == now + .seconds(90))
        let documented = try self.pace(#"{"pause":60}"#)
        var other = try documented.reserve(at: now).get()
        #expect(documented.admit("PUT", &other, at: now) == nil)
        documented.learn(from: answer(429, [:]), at: now)
        #expect(documented.admit("PUT", &other, at: now) == now + .seconds(60))
    }

    @Test("lets a call begin that finishes a half-written pair, unless the service asks for the pause")
    func finishing() throws {
        let pace = try pace(#"{"push":{"read":1,"write":2}}"#)
        pace.learn(from: answer(429, [:]), at: now)
        #expect(throws: Pace.Wait.self) { try pace.reserve(at: now).get() }
        var half = try pace.reserve(isFinishing: true, at: now).get()
        for method in ["GET", "PUT", "PUT"] { #expect(pace.admit(method, &half, at: now) == nil) }
        pace.release(half, at: now)
        pace.learn(from: answer(429, ["retry-after": "90"]), at: now)
        #expect(throws: Pace.Wait.self) { try pace.reserve(isFinishing: true, at: now).get() }
        let documented = try self.pace(#"{"pause":60}"#)
        documented.learn(from: answer(429, [:]), at: now)
        #expect(throws: Pace.Wait.self) { try documented.reserve(isFinishing: true, at: now).get() }
    }

    @Test("lets no call begin that the service's own count would stop between its writes")
    func remaining() throws {
        let pace = try pace(#"{"push":{"read":1,"write":2}}"#)
        pace.learn(from: answer(200, ["x-ratelimit-remaining": "5", "x-ratelimit-reset": "100"]), at: now)
        var first = try pace.reserve(at: now).get()
        #expect(throws: Pace.Wait.self) { try pace.reserve(at: now).get() }
        for method in ["GET", "PUT", "PUT"] { #expect(pace.admit(method, &first, at: now) == nil) }
        pace.release(first, at: now)
    }

    @Test("in a manifest is bounded, too")
    func manifest() throws {
        let rules = PaceRules(
            try JSONValue(
                parsing:
                    #"{"limits":[{"seconds":9223372036854775807,"cost":9223372036854775807,"read":9223372036854775807,"write":1}],"push":{"read":9223372036854775807,"write":9223372036854775807,"post":-9223372036854775808},"pause":9223372036854775807}"#
            ))
        let pace = Pace(rules, isVendor: true)
        _ = pace.reserve(at: now)
        #expect(rules.shortestTime(ofPushes: 2_000) >= .zero && rules.pause == .seconds(3_600))
    }
}
