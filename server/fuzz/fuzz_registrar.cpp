#include <algorithm>
#include <array>
#include <chrono>
#include <cstddef>
#include <set>
#include <string>

#include "base/assert.hpp"
#include "fuzz/program.hpp"
#include "fuzz/sip_text.hpp"
#include "fuzz/target.hpp"
#include "fuzz/virtual_clock.hpp"
#include "sip/registrar.hpp"

// A program of REGISTERs of two users over some connections, lost connections and pauses against
// the registrar. Whatever it is: a refusal changes nothing, a user has no more devices than
// allowed, a device is found over a live flow of its user and no other, and time alone empties it.
namespace offhook::fuzz {
namespace {

using namespace std::chrono_literals;

constexpr std::size_t kDevices = 3;
constexpr std::array<std::string_view, 2> kUsers{"alice", "bob"};
constexpr std::array<std::string_view, 8> kExpires{
    "", "0", "1", "59", "60", "600", "4294967295", "99999999999999999999"};
constexpr std::array<std::string_view, 6> kLines{"",
                                                 "",
                                                 "Expires: 0\r\n",
                                                 "Expires: 300\r\n",
                                                 "Expires: 4294967295\r\n",
                                                 "Require: outbound\r\n"};

class World {
 public:
  explicit World(Program& program) : program_(program) {}

  void run() {
    while (!program_.done()) {
      switch (program_.below(4)) {
        case 0:
          lose_flow();
          break;
        case 1:
          clock_.pass(program_, registrar_, [] {});
          break;
        default:
          receive_register();
      }
      check();
    }
    clock_.run_out(kUsers.size() * kDevices, kConfig.max_expires, registrar_, [] {});
    OFFHOOK_ASSERT(registrar_.size() == 0);
    for (const std::string_view user : kUsers) OFFHOOK_ASSERT(registrar_.bindings(user).empty());
  }

 private:
  static constexpr sip::Registrar::Config kConfig{
      .min_expires = 60s, .max_expires = 3600s, .max_devices_per_user = kDevices};

  static sip::Flow flow(std::size_t connection) {
    return {sip::Transport::Wss, connection, {}, {}};
  }

  // A connection that is gone never comes back: its number is not used again.
  void lose_flow() {
    std::size_t& connection = program_.one_of(connections_);
    registrar_.handle_flow_lost(flow(connection), clock_.now());
    OFFHOOK_ASSERT(!registrar_.device(flow(connection)));
    connection = ++last_connection_;
  }

  std::string contact() {
    if (program_.below(16) == 0) return "*";
    const std::string number = std::to_string(program_.below(5));
    std::string text = "<sip:d" + number + "@a.invalid;transport=ws>";
    if (program_.flag()) text += ";+sip.instance=\"<urn:uuid:" + number + ">\"";
    const std::string_view expires = program_.one_of(kExpires);
    if (!expires.empty()) text.append(";expires=").append(expires);
    return text;
  }

  void receive_register() {
    const std::size_t connection = program_.one_of(connections_);
    const std::string_view user = program_.one_of(kUsers);
    RequestText text{.method = "REGISTER", .cseq = program_.below(4)};
    text.call_id = "c" + std::to_string(program_.below(3));
    text.lines = program_.one_of(kLines);
    if (program_.below(8) != 0) text.lines += "Contact: " + contact() + "\r\n";
    if (program_.below(8) == 0) text.lines += "Contact: " + contact() + "\r\n";
    const auto message = sip::parse_message(text.to_string());
    if (!message) return;  // "*" beside another
    auto request = std::get<sip::Request>(*message);
    request.headers.to.uri.user = program_.below(8) == 0 ? "somebody" : user;

    const std::size_t before = registrar_.size();
    const sip::Response response =
        registrar_.handle_register(request, flow(connection), user, clock_.now());
    static const std::set<std::size_t> kAnswers{200, 400, 403, 420, 423, 500};
    OFFHOOK_ASSERT(kAnswers.contains(response.status));
    OFFHOOK_ASSERT(response.status == 200 || registrar_.size() <= before);
    OFFHOOK_ASSERT(sip::parse_message(sip::serialize(response)));
  }

  void check() const {
    std::size_t reachable = 0;
    for (const std::string_view user : kUsers) {
      const auto bindings = registrar_.bindings(user);
      OFFHOOK_ASSERT(bindings.size() <= kDevices);
      reachable += bindings.size();
      for (const sip::Binding& binding : bindings) {
        OFFHOOK_ASSERT(binding.user == user && registrar_.device(user, binding.instance));
        OFFHOOK_ASSERT(std::ranges::find(connections_, binding.flow.connection) !=
                       connections_.end());
        const auto device = registrar_.device(binding.flow);
        OFFHOOK_ASSERT(device && device->user == user && device->instance == binding.instance);
      }
    }
    OFFHOOK_ASSERT(reachable <= registrar_.size());
    OFFHOOK_ASSERT(registrar_.size() <= kUsers.size() * kDevices);
  }

  Program& program_;
  VirtualClock clock_;
  sip::Registrar registrar_{kConfig};
  std::array<std::size_t, 4> connections_{1, 2, 3, 4};
  std::size_t last_connection_ = 4;
};

}  // namespace
}  // namespace offhook::fuzz

int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  return offhook::fuzz::run_program<offhook::fuzz::World>(data, size);
}
