#include <array>
#include <optional>
#include <utility>
#include <variant>

#include "base/assert.hpp"
#include "base/overloaded.hpp"
#include "fuzz/program.hpp"
#include "fuzz/sip_text.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "sip/invite_client.hpp"
#include "sip/invite_server.hpp"
#include "sip/non_invite_client.hpp"
#include "sip/non_invite_server.hpp"

// A program of messages, answers, errors and pauses against one of the four transaction machines.
// Whatever it is: one final answer reaches the user or the wire, nothing follows the end, what is
// sent is bounded, and after the last answer time alone brings the end.
namespace offhook::fuzz {
namespace {

constexpr std::array<std::uint16_t, 12> kStatuses{100, 180, 183, 199, 200, 202,
                                                  299, 302, 401, 486, 503, 699};
constexpr Duration kLongest = std::chrono::seconds(64);
// Of one transaction: timer G runs 11 times in 32 s.
constexpr std::size_t kTimers = 12;

// What a machine has put out.
struct Seen {
  std::optional<std::uint16_t> final_sent;  // server: to the wire
  bool accepted = false;                    // client: a 2xx came up
  bool failed = false;                      // client: another final answer, or a failure, came up
  bool terminated = false;
  std::size_t outputs = 0;

  void take_final_sent(std::uint16_t status) {
    const bool both_2xx = final_sent && *final_sent < 300 && status < 300;
    OFFHOOK_ASSERT(!final_sent || *final_sent == status || both_2xx);
    final_sent = status;
  }
  void take_response(std::uint16_t status, bool invite) {
    OFFHOOK_ASSERT(!failed && (!accepted || (invite && status >= 200 && status < 300)));
    accepted = accepted || (status >= 200 && status < 300);
    failed = failed || status >= 300;
  }
  void take(const sip::TransactionOutput& output, bool invite) {
    OFFHOOK_ASSERT(!terminated);
    ++outputs;
    std::visit(
        Overloaded{
            [&](const sip::Send& send) {
              if (const auto* sent = std::get_if<sip::Response>(&send.message)) {
                OFFHOOK_ASSERT(!final_sent || sent->is_final());
                if (sent->is_final()) take_final_sent(sent->status);
              }
            },
            [&](const sip::ResponseReceived& received) {
              take_response(received.response.status, invite);
            },
            [&](const sip::RequestReceived&) { OFFHOOK_ASSERT(final_sent && *final_sent < 300); },
            [&](const sip::TimedOut&) {
              OFFHOOK_ASSERT(final_sent ? *final_sent >= 300 : !accepted && !failed);
              failed = true;
            },
            [&](const sip::TransportFailed&) {
              OFFHOOK_ASSERT(!accepted && !failed);
              failed = true;
            },
            [&](const sip::Terminated&) { terminated = true; },
        },
        output);
  }
};

template <typename Machine>
class Run {
 public:
  Run(Program& program, Machine machine, bool invite)
      : program_(program), machine_(std::move(machine)), invite_(invite) {
    drain();
  }

  // `act` does one instruction that is not a pause, `finish` gives the last answer.
  void to_the_end(const auto& act, const auto& finish) {
    std::size_t inputs = 0;
    for (; !program_.done(); ++inputs) {
      if (program_.below(3) == 0) {
        clock_.pass(program_, machine_, [this] { drain(); });
      } else {
        act(machine_, clock_.now());
        drain();
      }
    }
    finish(machine_, clock_.now());
    drain();
    clock_.run_out(kTimers, kLongest, machine_, [this] { drain(); });
    OFFHOOK_ASSERT(seen_.terminated && machine_.state() == Machine::State::Terminated);
    OFFHOOK_ASSERT(seen_.outputs <= 2 * (inputs + 1) + kTimers);
  }

 private:
  void drain() {
    while (const auto output = machine_.poll_output()) seen_.take(*output, invite_);
    OFFHOOK_ASSERT(seen_.terminated == (machine_.state() == Machine::State::Terminated));
    OFFHOOK_ASSERT(!seen_.terminated || !machine_.next_timeout());
  }

  Program& program_;
  Machine machine_;
  bool invite_;
  VirtualClock clock_;
  Seen seen_;
};

template <typename Machine>
void run_client(Program& program, sip::Reliability reliability, std::string_view method) {
  const sip::Request request = RequestText{.method = method}.parsed();
  const auto response = [&](std::uint16_t status, std::string_view tag) {
    auto message = sip::parse_message(response_text(request, status, tag));
    OFFHOOK_ASSERT(message);
    return std::get<sip::Response>(std::move(*message));
  };
  Run run(program, Machine(request, reliability, {}, Time{}),
          request.method == sip::Method::Invite);
  run.to_the_end(
      [&](Machine& machine, Time now) {
        if (program.below(8) == 0) return machine.handle_transport_error();
        const std::uint16_t status = program.one_of(kStatuses);
        machine.handle(response(status, program.flag() ? "one" : "another"), now);
      },
      // Nothing ends an INVITE that rings.
      [&](Machine& machine, Time now) { machine.handle(response(486, "one"), now); });
}

template <typename Machine>
void run_server(Program& program, const sip::Request& request, Machine start) {
  const sip::Request ack = RequestText{.method = "ACK", .to_tag = "one"}.parsed();
  const bool invite = request.method == sip::Method::Invite;
  Run run(program, std::move(start), invite);
  run.to_the_end(
      [&](Machine& machine, Time now) {
        switch (program.below(4)) {
          case 0:
            machine.handle(request, now);
            break;
          case 1:
            machine.handle(invite ? ack : request, now);
            break;
          default:
            machine.respond(sip::make_response(request, program.one_of(kStatuses), "one"), now);
        }
      },
      [&](Machine& machine, Time now) {
        machine.respond(sip::make_response(request, 500, "one"), now);
      });
}

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  using namespace offhook;
  constexpr std::array<std::string_view, 4> kMethods{"BYE", "CANCEL", "REGISTER", "MESSAGE"};
  fuzz::Program program({data, size});
  const auto how = program.flag() ? sip::Reliability::Reliable : sip::Reliability::Unreliable;
  switch (program.below(4)) {
    case 0:
      fuzz::run_client<sip::InviteClient>(program, how, "INVITE");
      break;
    case 1:
      fuzz::run_client<sip::NonInviteClient>(program, how, program.one_of(kMethods));
      break;
    case 2: {
      const sip::Request invite = fuzz::RequestText{.method = "INVITE"}.parsed();
      fuzz::run_server(program, invite, sip::InviteServer(invite, how, {}));
      break;
    }
    default: {
      const auto request = fuzz::RequestText{.method = program.one_of(kMethods)}.parsed();
      fuzz::run_server(program, request, sip::NonInviteServer(how, {}));
    }
  }
  return 0;
}
