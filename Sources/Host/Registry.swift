import FrameDecoding
import Py26
import Py311
import Py313
import Py34
import Py36

/// The decoders that pyflame has: the one place that names them. What the help, `--version` and the
/// support tables say of versions derives from this list.
let registeredDecoders: [DecoderModule] = [
    Py26.module, Py34.module, Py36.module, Py311.module, Py313.module,
]

/// The versions that pyflame has tables for, in order.
let supportedABIs: [ABI] = registeredDecoders.flatMap(\.abis).sorted()

/// The symbols that some decoder wants to find.
let wantedSymbols: Set<String> = Set(registeredDecoders.flatMap(\.symbols))
