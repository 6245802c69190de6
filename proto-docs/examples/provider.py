"""A webhook provider that keeps the records of its zones in one JSON file."""
import json
import os
import sys
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

MEDIA_TYPE = "application/external.dns.webhook+json;version=1"  # byte for byte, no space
PORT, FILE, *ZONES = sys.argv[1:]  # python3 provider.py 8888 records.json example.com
LOCK = threading.Lock()


def key(record):
    return record["dnsName"].lower().rstrip("."), record["recordType"], record.get("setIdentifier", "")


def load():
    if not os.path.exists(FILE):
        return {}
    with open(FILE) as file:
        return {key(record): record for record in json.load(file)}


def apply(changes):
    lists = {name.lower(): records or [] for name, records in (changes or {}).items()}
    records = load()
    for old in lists.get("delete", []) + lists.get("updateold", []):
        records.pop(key(old), None)  # gone already: the same request came twice
    for new in lists.get("create", []) + lists.get("updatenew", []):
        records[key(new)] = {**new, "recordTTL": new.get("recordTTL") or 300}
    with open(FILE + ".new", "w") as file:
        json.dump(list(records.values()), file, indent=2)
    os.replace(FILE + ".new", FILE)  # all of it or nothing


def adjust(records):  # into the form that GET /records will report
    return [{**record, "recordTTL": record.get("recordTTL") or 300} for record in records or []]


class Webhook(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def do_GET(self):
        if self.path == "/":
            self.answer(200, {"include": ZONES + ["." + zone for zone in ZONES]})
        elif self.path == "/records":
            with LOCK:
                self.answer(200, list(load().values()))
        else:
            self.answer(404, {"error": f"nothing is at {self.path}"})

    def do_POST(self):
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        try:
            with LOCK:
                if self.path == "/adjustendpoints":
                    self.answer(200, adjust(json.loads(body)))
                elif self.path == "/records":
                    apply(json.loads(body))
                    self.answer(204)
                else:
                    self.answer(404, {"error": f"nothing is at {self.path}"})
        except ValueError as error:
            self.answer(400, {"error": str(error)})  # the request is wrong
        except OSError as error:
            self.answer(500, {"error": str(error)})  # worth trying again

    def answer(self, status, value=None):
        body = b"" if status == 204 else json.dumps(value).encode() + b"\n"
        self.send_response(status)
        if body:
            self.send_header("Content-Type", MEDIA_TYPE)
            self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        self.wfile.write(body)


ThreadingHTTPServer(("127.0.0.1", int(PORT)), Webhook).serve_forever()
