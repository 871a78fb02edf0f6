@testable import Enclosure
import FoundationEssentials
import Testing

@Suite("What a process can have around it")
struct WallTests {
    @Test("is found by a child, which leaves this process as it is")
    func probe() throws {
        let walls = Walls.probe()
        #expect(walls.parts.contains(.noNewPrivileges) && walls.parts.contains(.seccomp))
        #expect(Walls.probe().parts == walls.parts)
        let status = try String(contentsOfFile: "/proc/self/status", encoding: .utf8)
        #expect(status.contains("NoNewPrivs:\t0\n"))
        #expect(Set(walls.report.map(\.wall)).count == 5)
    }
}
