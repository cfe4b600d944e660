#pragma once

#include <gtest/gtest.h>

#include "sip/registration.hpp"

namespace offhook::sip {

inline constexpr const char* kContact = "sip:100001@192.0.2.7:5062";

class RegistrationTest : public testing::Test {
 protected:
  using State = Registration::State;

  static Registration::Config config() {
    Registration::Config config;
    config.registrar = *Uri::parse("sip:atlanta1.voip.ms");
    config.aor.uri = *Uri::parse("sip:100001@atlanta1.voip.ms");
    config.contact.uri = *Uri::parse(kContact);
    config.account = {"100001", "secret"};
    config.user_agent = "Offhook";
    config.call_id = "call";
    return config;
  }

  // Skips what the server's state and our address have to do with it, and notes it.
  std::optional<Registration::Output> poll() {
    while (auto output = registration_.poll_output()) {
      if (const auto* failed = std::get_if<Registration::ServerFailed>(&*output)) {
        failed_ = *failed;
      } else if (std::holds_alternative<Registration::ServerAnswered>(*output)) {
        ++answers_;
      } else if (const auto* learned = std::get_if<Registration::AddressLearned>(&*output)) {
        learned_.push_back(learned->address);
      } else {
        return output;
      }
    }
    return std::nullopt;
  }
  // The next output, which must be a request: kept in request_.
  void expect_register() {
    const auto output = poll();
    ASSERT_TRUE(output && std::holds_alternative<Registration::SendRegister>(*output));
    request_ = std::get<Registration::SendRegister>(*output).request;
    EXPECT_FALSE(poll());
  }
  // The next output, which must be a change of state: kept in changed_.
  void expect_state(State state) {
    const auto output = poll();
    ASSERT_TRUE(output && std::holds_alternative<Registration::StateChanged>(*output));
    changed_ = std::get<Registration::StateChanged>(*output);
    EXPECT_EQ(changed_.state, state);
    EXPECT_EQ(registration_.state(), state);
    EXPECT_FALSE(poll());
  }
  void start() {
    registration_.start(now_);
    expect_register();
  }
  void advance() {
    ASSERT_TRUE(registration_.next_timeout());
    now_ = *registration_.next_timeout();
    registration_.handle_timeout(now_);
  }
  Response response(std::uint16_t status) const {
    return make_response(request_, status, "server");
  }
  void reply(const Response& response) { registration_.handle(response, now_); }
  void reply(std::uint16_t status) { reply(response(status)); }
  void challenge(const char* nonce, bool stale = false, std::uint16_t status = 401) {
    Response refused = response(status);
    auto& list =
        status == 401 ? refused.headers.www_authenticate : refused.headers.proxy_authenticate;
    list.push_back({"atlanta1.voip.ms", nonce, "MD5", std::nullopt, {}, stale});
    reply(refused);
  }
  void grant(std::chrono::seconds expires, const char* contact = kContact) {
    Response granted = response(200);
    NameAddress binding;
    binding.uri = *Uri::parse(contact);
    binding.parameters.set("expires", std::to_string(expires.count()));
    granted.headers.contact.push_back(binding);
    reply(granted);
  }
  // The server says in our Via where the request came from.
  static void show_us_at(Response& response, const char* address, const char* port) {
    Via via;
    via.transport = "UDP";
    via.host = "192.0.2.7";
    via.port = std::uint16_t{5062};
    via.parameters.set("rport", port);
    via.parameters.set("received", address);
    response.headers.via = {via};
  }
  void become_registered() {
    start();
    grant(std::chrono::seconds(300));
    expect_state(State::Registered);
  }
  Duration until_next() const { return *registration_.next_timeout() - now_; }

  Time now_{};
  SeededRandom random_{1};
  Registration registration_{config(), random_};
  Request request_;
  Registration::StateChanged changed_{};
  std::optional<Registration::ServerFailed> failed_;
  unsigned answers_ = 0;
  std::vector<Endpoint> learned_;
};

}  // namespace offhook::sip
