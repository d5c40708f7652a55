"""A certificate authority for one test, made with openssl."""

import ssl
import subprocess


class Authority:
    """ca_file is what clients trust; server_context() is what a server at 127.0.0.1 shows."""

    def __init__(self, directory, names="IP:127.0.0.1,DNS:localhost"):
        self._directory = directory
        directory.mkdir(parents=True)
        self.ca_file = directory / "ca.pem"
        key = directory / "ca.key"
        _openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
            "-days", "2", "-subj", "/CN=Plume test authority", "-keyout", key, "-out", self.ca_file,
            "-addext", "keyUsage=critical,keyCertSign",
        )  # fmt: skip
        self.server_key = directory / "server.key"
        self.server_file = directory / "server.pem"
        request = directory / "server.csr"
        extensions = directory / "server.ext"
        extensions.write_text(f"subjectAltName={names}\n")
        _openssl(
            "req", "-new", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-noenc",
            "-subj", "/CN=127.0.0.1", "-keyout", self.server_key, "-out", request,
        )  # fmt: skip
        _openssl(
            "x509", "-req", "-in", request, "-CA", self.ca_file, "-CAkey", key, "-CAcreateserial",
            "-days", "2", "-extfile", extensions, "-out", self.server_file,
        )  # fmt: skip

    def server_context(self):
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.server_file, self.server_key)
        return context


def _openssl(*args):
    subprocess.run(["openssl", *map(str, args)], check=True, capture_output=True)
