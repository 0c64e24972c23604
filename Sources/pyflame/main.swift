import Host
import StandardDecoders

Pyflame.main(decoders: standardDecoders)
