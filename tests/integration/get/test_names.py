"""The names that files get on disk: from a hostile Content-Disposition, from the URL, never from a redirect."""

import json
import pathlib
import sys
import urllib.parse

sys.path.insert(0, str(pathlib.Path(__file__).resolve().parents[1] / "support"))

import programs
from programs import ProgramTest, reply, run

CORPUS = pathlib.Path(__file__).resolve().parents[2] / "corpora" / "download_names.json"


class Names(ProgramTest):
    def test_every_row_of_the_corpus_gives_its_name_on_disk(self):
        server = self.serve({})
        for row in json.loads(CORPUS.read_text(encoding="utf-8")):
            value, url = row["content_disposition"], urllib.parse.urlsplit(row["url"])
            if value is not None and any(ord(c) < 32 or ord(c) == 127 for c in value):
                continue  # no header can bring it
            with self.subTest(row["id"]):
                header = [] if value is None else [b"Content-Disposition: " + value.encode()]
                out = self.folder / row["id"]
                asked = server.url + url.path + ("?" + url.query if url.query else "")
                server.otherwise = reply(b"content", *header)
                result = run("--dir", out, "--json", asked)
                self.assertEqual(result.returncode, 0, result.errors)
                self.assertEqual([path.name for path in out.iterdir()], [row["expect"]])
                self.assertEqual(result.entries[0]["path"], f"{out}/{row['expect']}")
        self.assertEqual([path.name for path in self.folder.iterdir() if not path.is_dir()], [])

    def test_a_redirect_does_not_choose_the_name(self):
        server = self.serve({"/asked": reply(b"", "Location: /.bashrc", status="302 Found"),
                             "/.bashrc": reply(b"content")})
        result = run("--dir", self.out, "--json", server.url + "/asked")
        self.assertEqual((result.returncode, self.files()), (0, {"asked": b"content"}))
        self.assertEqual(result.entries[0]["final_url"], server.url + "/.bashrc")

    def test_the_longest_name_has_room_for_its_part_file_and_its_twin(self):
        name = "n" * 251 + ".txt"
        server = self.serve({f"/{name}?{i}": reply(b"%d" % i) for i in (1, 2)})
        result = run("--dir", self.out, f"{server.url}/{name}?1", f"{server.url}/{name}?2")
        self.assertEqual(result.returncode, 0, result.errors)
        self.assertEqual(set(self.files()), {name, "n" * 247 + " (1).txt"})


if __name__ == "__main__":
    programs.main()
