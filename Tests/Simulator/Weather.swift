internal import Rotation

/// How often what goes wrong in one world, per mille. Most worlds lack most faults, so that each is also met alone.
struct Weather {
    /// A process dies.
    var crash = 0
    /// IAM refuses, throttles, fails or denies.
    var refusal = 0
    /// A reply of IAM is lost; the call took effect, will take effect late, or never does.
    var loss = 0
    /// A listing shows what was a while ago.
    var stale = 0
    /// A push does not simply succeed.
    var push = 0
    /// The machine's clock jumps.
    var clock = 0
    /// A commit fails.
    var journal = 0
    /// A process is paused, and another takes over.
    var rival = 0
    /// An operator acts.
    var people = 0
    /// Someone writes an older value into a target.
    var writers = 0

    /// Nothing goes wrong.
    static let calm = Weather()

    static func random(_ random: inout Random) -> Weather {
        func level(_ low: Int, _ high: Int) -> Int {
            switch random.number(0...9) {
            case 0...5: 0
            case 6...8: low
            default: high
            }
        }
        return Weather(
            crash: level(20, 120), refusal: level(50, 250), loss: level(50, 250), stale: level(200, 700),
            push: level(200, 600), clock: level(5, 30), journal: level(20, 100), rival: level(10, 50),
            people: level(10, 60), writers: level(8, 40))
    }
}

extension Policy {
    /// Times of every size that the configuration allows, rare ones included.
    static func random(_ random: inout Random) -> Policy {
        var policy = Policy(
            rotateEvery: .seconds(random.pick([86_400, 604_800])),
            overlap: .seconds(random.pick([60, 300, 3_600])), soak: .seconds(random.pick([60, 300, 3_600])),
            quiet: random.chance(500) ? .seconds(random.pick([0, 60, 1_800])) : nil, proofOfUse: random.chance(150),
            preflight: random.chance(500),
            maxAttempts: random.number(1...4), retry: .seconds(random.pick([60, 300])),
            pushTimeout: .seconds(random.pick([10, 30])))
        policy.retainSecret = random.pick([.none, .rotation, .rotation, .current])
        policy.lookEvery = .seconds(random.pick([0, 1_800, 21_600]))
        policy.spread = Spread(percent: random.pick([0, 10, 50]), user: "bot")
        policy.firstRotation = random.pick([.whenAsked, .whenDue])
        if random.chance(300) { policy.freezes = [random.pick([.nights, .week, .weekend])] }
        if random.chance(300) { policy.maxAge = policy.shortestMaxAge + .seconds(random.pick([0, 3_600, 86_400])) }
        return policy
    }
}

extension Freeze {
    fileprivate static let nights = Freeze.weekly(
        days: [1, 2, 3, 4, 5, 6, 7], from: .seconds(20 * 3_600), to: .seconds(6 * 3_600))
    fileprivate static let weekend = Freeze.weekly(days: [6, 7], from: .zero, to: .zero)
    fileprivate static let week = Freeze.period(
        from: Simulation.start + .seconds(10_000), to: Simulation.start + .seconds(7 * 86_400))
}
