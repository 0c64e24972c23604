import Foundation
import FuzzTargets
import StandardDecoders

@testable import Host

/// libFuzzer's main, called with what it is to call.
@_silgen_name("LLVMFuzzerRunDriver")
func runDriver(
    _ count: UnsafeMutablePointer<Int32>,
    _ arguments: UnsafeMutablePointer<UnsafeMutablePointer<UnsafeMutablePointer<CChar>?>>,
    _ test: @convention(c) (UnsafePointer<UInt8>?, Int) -> Int32
) -> Int32

let targets = FuzzTarget.all(decoders: standardDecoders) {
    _ = try? Options.parse(arguments: $0, supported: standardDecoders.supportedABIs)
}
let name = ProcessInfo.processInfo.environment["PYFLAME_FUZZ_TARGET"] ?? ""
guard let target = targets.first(where: { $0.name == name }) else {
    print("PYFLAME_FUZZ_TARGET must be one of: \(targets.map(\.name).joined(separator: ", "))")
    exit(2)
}
nonisolated(unsafe) let run = target.run
var count = CommandLine.argc
var arguments = CommandLine.unsafeArgv
exit(
    runDriver(&count, &arguments) { data, size in
        run(Array(UnsafeBufferPointer(start: data, count: size)))
        return 0
    })
