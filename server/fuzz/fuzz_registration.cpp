#include <algorithm>
#include <array>
#include <chrono>
#include <cstdint>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "base/assert.hpp"
#include "base/overloaded.hpp"
#include "fuzz/program.hpp"
#include "fuzz/sip_text.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "sip/registration.hpp"

// A program of answers, moves, orders and pauses against the registration at a provider. Whatever
// it is: one request is under way at a time, it never asks for all bindings of the account, its
// credentials answer only what was asked in its own realm, and it waits for something unless it was
// stopped, never for longer than a day.
namespace offhook::fuzz {
namespace {

using namespace std::chrono_literals;
using State = sip::Registration::State;

constexpr std::array<std::uint16_t, 12> kStatuses{200, 200, 401, 401, 407, 403,
                                                  404, 408, 423, 500, 503, 302};
constexpr std::array<std::string_view, 14> kLines{
    "",
    "Contact: <sip:us@192.0.2.1:5060>;expires=300\r\n",
    "Contact: <sip:us@192.0.2.1:5060>;expires=0\r\n",
    "Contact: <sip:us@192.0.2.1:5060>;expires=4294967295\r\n",
    "Contact: <sip:us@203.0.113.1:7000>;expires=60, <sip:else@192.0.2.3>;expires=5\r\n",
    "Expires: 1\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n1\", algorithm=MD5\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n2\", algorithm=SHA-256, qop=\"auth\"\r\n",
    "WWW-Authenticate: Digest realm=\"r\", nonce=\"n3\", stale=true\r\n",
    "Proxy-Authenticate: Digest realm=\"r\", nonce=\"n4\", algorithm=SHA-512-256\r\n",
    "WWW-Authenticate: Digest realm=\"other\", nonce=\"bad\"\r\n",
    "Min-Expires: 600\r\n",
    "Min-Expires: 4294967295\r\n",
    "Retry-After: 4294967295\r\n"};
constexpr std::array<std::string_view, 5> kSeenAs{"", ";received=203.0.113.1;rport=7000",
                                                  ";received=192.0.2.1;rport=5060",
                                                  ";received=203.0.113.1;rport=7001", ";rport=0"};

sip::NameAddress name_address(std::string_view uri) {
  sip::NameAddress address;
  address.uri = *sip::Uri::parse(uri);
  return address;
}
const std::array<sip::Uri, 2> kRegistrars{*sip::Uri::parse("sip:one.example.com"),
                                          *sip::Uri::parse("sip:two.example.com")};
const std::array<sip::NameAddress, 2> kContacts{name_address("sip:us@192.0.2.1:5060"),
                                                name_address("sip:us@[2001:db8::1]:5060")};
const sip::NameAddress kAor = name_address("sip:us@example.com");

class World {
 public:
  explicit World(Program& program) : program_(program) {}

  void run() {
    while (!program_.done()) {
      step();
      drain();
    }
    registration_.start(clock_.now());
    drain();
    OFFHOOK_ASSERT(registration_.state() != State::Idle && registration_.state() != State::Stopped);
    registration_.stop(clock_.now());
    drain();
    for (int answers = 0; answers < 2 && in_flight_; ++answers) receive(*in_flight_, 200, "", "");
    OFFHOOK_ASSERT(registration_.state() == State::Stopped && !registration_.next_timeout());
  }

 private:
  void step() {
    const Time now = clock_.now();
    switch (program_.below(8)) {
      case 0:
        registration_.start(now);
        break;
      case 1:
        registration_.stop(now);
        break;
      case 2:
        abandoned_ = true;
        no_server_ = false;
        registration_.handle_moved(program_.one_of(kRegistrars), kAor, program_.one_of(kContacts),
                                   now);
        break;
      case 3:
        if (registration_.state() == State::Idle) break;
        abandoned_ = no_server_ = true;
        registration_.handle_no_server("nowhere", now);
        break;
      case 4:
        clock_.pass(program_, registration_, [this] { drain(); });
        break;
      default:
        receive_response();
    }
  }
  // The answer to the request under way, or to one of before.
  void receive_response() {
    if (last_cseq_ == 0) return;
    const std::uint32_t cseq = last_cseq_ - static_cast<std::uint32_t>(program_.below(8) == 0);
    const std::uint16_t status = program_.one_of(kStatuses);
    std::string lines(program_.one_of(kLines));
    if (program_.below(4) == 0) lines += program_.one_of(kLines);
    receive(cseq, status, lines, program_.one_of(kSeenAs));
  }
  void receive(std::uint32_t cseq, std::uint16_t status, std::string_view lines,
               std::string_view seen_as) {
    RequestText text{.method = "REGISTER", .cseq = cseq};
    text.via = "SIP/2.0/UDP 192.0.2.1:5060;branch=z9hG4bK1" + std::string(seen_as);
    const auto message = sip::parse_message(response_text(text.parsed(), status, "tag", lines));
    if (!message) return;  // two lines that must not be twice
    if (cseq == in_flight_) in_flight_.reset();
    registration_.handle(std::get<sip::Response>(*message), clock_.now());
    drain();
  }

  void drain() {
    std::size_t outputs = 0;
    while (const auto output = registration_.poll_output()) {
      OFFHOOK_ASSERT(++outputs <= 6);
      if (const auto* send = std::get_if<sip::Registration::SendRegister>(&*output)) {
        take_request(send->request);
      }
    }
    check_waiting();
  }
  void take_request(const sip::Request& request) {
    OFFHOOK_ASSERT(!in_flight_ || abandoned_);
    const sip::Headers& headers = request.headers;
    OFFHOOK_ASSERT(headers.cseq.number > last_cseq_);
    in_flight_ = last_cseq_ = headers.cseq.number;
    abandoned_ = no_server_ = false;
    OFFHOOK_ASSERT(!headers.contact_is_star);
    OFFHOOK_ASSERT(headers.contact.size() == 1 || headers.contact.size() == 2);
    for (const auto* list : {&headers.authorization, &headers.proxy_authorization}) {
      OFFHOOK_ASSERT(list->size() <= 1);
      for (const sip::Credentials& credentials : *list) OFFHOOK_ASSERT(credentials.realm == "r");
    }
  }
  void check_waiting() const {
    const auto next = registration_.next_timeout();
    OFFHOOK_ASSERT(!next || *next - clock_.now() <= 24h);
    switch (registration_.state()) {
      case State::Idle:
      case State::Stopped:
        OFFHOOK_ASSERT(!next);
        break;
      case State::Registering:
      case State::Unregistering:
        OFFHOOK_ASSERT(in_flight_ && !next);
        break;
      case State::Registered:
        OFFHOOK_ASSERT(next);
        break;
      case State::Waiting:
        OFFHOOK_ASSERT(next || no_server_);
    }
  }

  Program& program_;
  SeededRandom random_{1};
  VirtualClock clock_;
  sip::Registration registration_{{.registrar = kRegistrars[0],
                                   .aor = kAor,
                                   .contact = kContacts[0],
                                   .account = {"us", "secret"},
                                   .realm = "r",
                                   .expires = 300s,
                                   .user_agent = "fuzz",
                                   .call_id = "c1"},
                                  random_};
  std::uint32_t last_cseq_ = 0;
  std::optional<std::uint32_t> in_flight_;
  bool abandoned_ = false;  // what is under way need not be answered
  bool no_server_ = false;  // it waits for a move
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
