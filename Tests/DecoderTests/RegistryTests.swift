import FrameDecoding
import StandardDecoders
import TargetMemory
import Testing
import TestSupport


/// The registered decoders, each as the contract has it.
struct RegistryTests {
    @Test func everyVersionOnce() {
        let abis = standardDecoders.flatMap(\.abis)
        #expect(Set(abis).count == abis.count)
        #expect(abis == abis.sorted())
        #expect(standardDecoders.supportedABIs == abis)
    }

    @Test func names() {
        let names = standardDecoders.map(\.name)
        #expect(Set(names).count == names.count)
        for module in standardDecoders {
            // The module is called after the first version that it was made for.
            #expect(module.abis.contains { module.name == "Py\($0)" })
            #expect(!module.symbols.isEmpty)
        }
    }

    /// Each version is claimed by the module that names it, and by no other.
    @Test func claims() {
        let memory = Memory(source: FakeSource())
        memory.refresh()
        for abi in standardDecoders.flatMap(\.abis) {
            let site = FakeSite(PythonVersion(abi.major, abi.minor, 9), symbols: ["_PyRuntime": 0x10000])
            for module in standardDecoders {
                switch module.claim(site, memory, FrameTable()) {
                case .notMine: #expect(!module.abis.contains(abi), "\(module.name) \(abi)")
                case .unsupported(let reason): Issue.record("\(module.name) \(abi): \(reason)")
                case .reads(let choices):
                    #expect(module.abis.contains(abi), "\(module.name) \(abi)")
                    #expect(!choices.isEmpty && Set(choices.map(\.source)).count == choices.count)
                }
            }
        }
    }

    /// Versions that no module has a table for; what is newer than all is tried by the newest.
    @Test(arguments: [PythonVersion(2, 5), PythonVersion(3, 0), PythonVersion(3, 2)])
    func nobodys(_ version: PythonVersion) {
        let memory = Memory(source: FakeSource())
        for module in standardDecoders {
            guard case .notMine = module.claim(FakeSite(version), memory, FrameTable()) else {
                Issue.record("\(module.name) claims \(version)")
                continue
            }
        }
    }
}

/// What the probe would have found.
final class FakeSite: InterpreterSite {
    let version: PythonVersion
    let structLayouts: (any StructLayouts)? = nil
    private let symbols: [String: Address]

    init(_ version: PythonVersion, symbols: [String: Address] = [:]) {
        self.version = version
        self.symbols = symbols
    }

    func address(of symbol: String) -> Address? { symbols[symbol] }
}
