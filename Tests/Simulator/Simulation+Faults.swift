internal import Engine
internal import Journal
internal import Rotation

/// What befalls processes and their machine.
extension Simulation {
    mutating func disturb() async {
        if random.chance(weather.clock) { await jump() }
        if random.chance(weather.people) { meddle() }
        if random.chance(weather.writers) { putBack() }
        guard random.chance(weather.rival) || processes.count > 1 && random.chance(30) else { return }
        if let paused = processes.firstIndex(where: \.isPaused) { return await wake(paused) }
        guard let index = processes.indices.last else { return }
        processes[index].isPaused = true
        note("\(processes[index].owner) is paused")
        // The other one is on another machine: of the paused one it knows the lease only.
        machine += 1
        processNumber += 1
        if random.chance(800) { pass(to: clock + .seconds(61)) }
        await open(as: owner())
        if processes.count == 1 { processes[0].isPaused = false }
    }

    private mutating func jump() async {
        if random.chance(100) { return await dieAhead() }
        let size = random.seconds(0...random.pick([10, 100, 5_000]))
        let leap = random.chance(500) ? size : .zero - size
        book.clockJumped(by: leap)
        skew = skew + leap
        note("the clock jumps: it is \(skew.milliseconds) ms ahead")
    }

    /// A machine with a clock that is far ahead takes the user up, and is gone: what it leaves is a lease from the future.
    private mutating func dieAhead() async {
        let lead = random.seconds(random.pick([1_000...5_000, 100_000...1_000_000]))
        note("a machine whose clock is \(lead.milliseconds) ms ahead")
        book.clockJumped(by: lead)
        skew = skew + lead
        (machine, processNumber) = (machine + 1, processNumber + 1)
        await open(as: owner())
        if let index = processes.indices.last { crash(index) }
        book.clockJumped(by: .zero - lead)
        skew = skew - lead
        machine += 1
    }

    /// It goes on where it was stopped, and learns from the journal that it is late.
    mutating func wake(_ index: Int) async {
        note("\(processes[index].owner) wakes")
        processes[index].isPaused = false
        for chosen in processes[index].flights.indices where processes[index].flights[chosen].answer == nil {
            guard processes[index].session.tenure.isHeld else { break }
            launch(index, chosen)
        }
        for flight in processes[index].flights {
            if let answer = flight.answer ?? nil { processes[index].happenings.append(answer) }
        }
        processes[index].flights = []
        processes[index].happenings.append(EventWithKeyPair(event: .timePassed))
        await handle(index)
        // Whoever was not overtaken goes on; the other one then is turned away at its next commit.
    }

    /// The process dies; of its calls that had no answer, some still arrive.
    mutating func crash(_ index: Int) {
        note("\(processes[index].owner) dies")
        if random.chance(200) { machine += 1 }
        processNumber += 1
        die(index)
        if random.chance(300) { now = now + random.seconds(0...30) }
    }

    /// A call goes on its way, and arrives within so many seconds.
    mutating func leave(_ flight: Flight, within seconds: Int) {
        strays.append(Stray(at: now + random.seconds(0...seconds), flight: flight, clockLeaps: book.clockLeaps))
    }

    mutating func die(_ index: Int) {
        for flight in processes[index].flights where flight.answer == nil && random.chance(400) {
            leave(flight, within: 20)
        }
        processes.remove(at: index)
    }
}
