import RunnerProtocol
import Testing

@Suite("Messages")
struct MessageTests {
    @Test("come out as they went in")
    func roundTrip() throws {
        var outcome = Outcome(code: 3)
        (outcome.evidence, outcome.retryAfter, outcome.message) = (2, 1_500, "später")
        let outcomeBack = try Outcome(payload: outcome.payload)
        #expect(outcomeBack.code == 3 && outcomeBack.retryAfter == 1_500 && outcomeBack.message == "später")
        let response = WireResponse(number: 9, error: 0, status: 204, headers: [("a", "b"), ("c", "")])
        let responseBack = try WireResponse(payload: response.payload)
        #expect(responseBack.headers.map(\.name) == ["a", "c"] && responseBack.headers.map(\.value) == ["b", ""])
        let operation = Operation(target: "x:y", fields: "{}", accessKeyID: "AKIA", timeLimit: 30_000)
        #expect(try Operation(payload: operation.payload).timeLimit == 30_000)
        let confine = Confine(
            library: "/x/pusher.so", readable: ["/a", "/b"], writable: [], network: true, programs: false,
            accepted: ["landlock"])
        let confineBack = try Confine(payload: confine.payload)
        #expect(confineBack.readable == ["/a", "/b"] && confineBack.writable.isEmpty && confineBack.network)
        #expect(!confineBack.programs && confineBack.accepted == ["landlock"] && confineBack.library == "/x/pusher.so")
        let request = WireAWSRequest(number: 2, operation: "ssm:PutParameter", region: "eu-west-1", timeLimit: 5)
        let requestBack = try WireAWSRequest(payload: request.payload)
        #expect(requestBack.operation == "ssm:PutParameter" && requestBack.region == "eu-west-1")
        #expect(requestBack.number == 2 && requestBack.timeLimit == 5)
        let place = WirePlace(place: "acme/app (scope x)", fields: "{}", keyID: "AKIA", changedAt: "")
        let placeBack = try WirePlace(payload: place.payload)
        #expect(placeBack.place == "acme/app (scope x)" && placeBack.fields == "{}" && placeBack.keyID == "AKIA")
        #expect(throws: ProtocolError.self) { try WirePlace(payload: place.payload + [0]) }
        let refused = try LogLine(payload: LogLine(level: 2, text: "openat /etc", isRefusal: true).payload)
        #expect(refused.isRefusal && refused.text == "openat /etc" && refused.level == 2)
        #expect(try !LogLine(payload: LogLine(level: 1, text: "x").payload).isRefusal)
    }

    @Test("that are cut anywhere, or go on behind their end, are refused")
    func cut() {
        let payload = WireRequest(number: 1, method: "PUT", url: "https://example.com", timeLimit: 0).payload
        for length in 0..<payload.count {
            #expect(throws: ProtocolError.self) { try WireRequest(payload: Array(payload[..<length])) }
        }
        #expect(throws: ProtocolError.self) { try WireRequest(payload: payload + [0]) }
    }

    @Test("with lengths that cannot be are refused")
    func badLengths() {
        let huge = [UInt8](repeating: 0xFF, count: 8)
        #expect(throws: ProtocolError.self) { try Refused(payload: huge) }
        let negativeHeaders =
            [UInt8](repeating: 0, count: 8) + [UInt8](repeating: 0, count: 8) + [UInt8](repeating: 0, count: 8)
            + [UInt8](repeating: 0, count: 8) + huge
        #expect(throws: ProtocolError.self) { try WireResponse(payload: negativeHeaders) }
    }

    @Test("never trap, whatever the bytes", arguments: 0..<20 as Range<UInt64>)
    func fuzz(seed: UInt64) {
        var random = SplitMix(state: seed)
        for _ in 0..<2_000 {
            let bytes = (0..<Int(random.next() % 96)).map { _ in
                // Small numbers make plausible lengths.
                random.next() % 3 == 0 ? UInt8(truncatingIfNeeded: random.next()) : UInt8(random.next() % 4)
            }
            _ = try? Loaded(payload: bytes)
            _ = try? Refused(payload: bytes)
            _ = try? Confine(payload: bytes)
            _ = try? Outcome(payload: bytes)
            _ = try? WireRequest(payload: bytes)
            _ = try? WireAWSRequest(payload: bytes)
            _ = try? WireResponse(payload: bytes)
            _ = try? Operation(payload: bytes)
            _ = try? LogLine(payload: bytes)
            var reader = FrameReader { _ in Frame.payloadLimit }
            bytes.withUnsafeBytes { reader.append($0) }
            while let frame = try? reader.next() { #expect(frame.payload.count <= Frame.payloadLimit) }
        }
    }
}

/// A generator that gives the same numbers for the same seed.
struct SplitMix {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9E37_79B9_7F4A_7C15
        var mixed = state
        mixed = (mixed ^ (mixed >> 30)) &* 0xBF58_476D_1CE4_E5B9
        mixed = (mixed ^ (mixed >> 27)) &* 0x94D0_49BB_1331_11EB
        return mixed ^ (mixed >> 31)
    }
}
