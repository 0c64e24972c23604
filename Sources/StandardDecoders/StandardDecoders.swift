import FrameDecoding
import Py26
import Py311
import Py313
import Py34
import Py36

/// The decoders that pyflame comes with. This is the only file that names them: what the help, `--version` and the
/// tables in the documents say of versions is taken from this list.
public let standardDecoders: [DecoderModule] = [
    Py26.module, Py34.module, Py36.module, Py311.module, Py313.module,
]
