#include "ice/stun.hpp"
#include "media/test_engine.hpp"

namespace offhook::media {
namespace {

using namespace std::chrono_literals;

const std::string kHome = "198.51.100.7:50000";
const std::string kElsewhere = "203.0.113.9:40000";

// Who is found by which credentials, and on which path.
class IceEngineTest : public EngineTest {
 protected:
  control::LegAllocated allocate_generation(std::uint32_t generation) {
    return command([&](control::Command& c) {
             c.mutable_allocate_leg()->set_leg_id("b");
             c.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
             c.mutable_allocate_leg()->set_ice_generation(generation);
           })
        .leg_allocated();
  }

  // A check under the credentials of `leg`: the code of the error, 0 for a success; nullopt: no
  // answer.
  std::optional<int> check(const control::LegAllocated& leg, const std::string& from = kHome,
                           SocketId socket = kBrowserSocket) {
    std::array<std::uint8_t, 256> buffer;
    ice::TransactionId id{};
    random.fill(id);
    const ByteView message =
        ice::StunBuilder(buffer, ice::StunClass::Request, ice::kBindingMethod, id)
            .add(ice::attribute::kUsername, as_bytes(leg.ice_ufrag() + ":browser"))
            .add_flag(ice::attribute::kUseCandidate)
            .finish(as_bytes(leg.ice_pwd()));
    take_sent();
    receive(socket, from, message);
    if (sent.empty()) return std::nullopt;
    EXPECT_EQ(sent[0].socket, socket);
    EXPECT_EQ(sent[0].remote, *Endpoint::parse(from));
    const auto answer = ice::StunMessage::parse(sent[0].bytes);
    return answer->error_code().value_or(0);
  }
};

TEST_F(IceEngineTest, AGenerationGivesNewCredentialsOnce) {
  const auto first = allocate_generation(0);
  const auto second = allocate_generation(1);
  EXPECT_EQ(second.ice_generation(), 1U);
  EXPECT_NE(second.ice_ufrag(), first.ice_ufrag());
  EXPECT_NE(second.ice_pwd(), first.ice_pwd());
  EXPECT_EQ(second.ssrc(), first.ssrc()) << "it is the same leg";
  EXPECT_EQ(allocate_generation(1).SerializeAsString(), second.SerializeAsString());
  EXPECT_EQ(allocate_generation(0).SerializeAsString(), second.SerializeAsString())
      << "a command that comes late undoes nothing";
  EXPECT_EQ(engine.leg_count(), 1U);
}

TEST_F(IceEngineTest, ALegIsFoundByBothCredentialsUntilTheNewOnesAreUsed) {
  const auto first = allocate_generation(0);
  EXPECT_EQ(check(first), 0);
  const auto second = allocate_generation(1);
  EXPECT_EQ(check(first), 0);
  EXPECT_TRUE(engine.is_claimed(kBrowserSocket, *Endpoint::parse(kHome)));
  EXPECT_EQ(check(second, kElsewhere), 0);
  EXPECT_EQ(check(first), 401);
  const auto third = allocate_generation(2);
  EXPECT_EQ(check(first), std::nullopt) << "nobody's any more";
  EXPECT_EQ(check(second, kElsewhere), 0);
  EXPECT_EQ(check(third, kElsewhere), 0);
  ASSERT_TRUE(release("b").has_done());
  for (const auto& leg : {first, second, third}) EXPECT_EQ(check(leg), std::nullopt);
  EXPECT_FALSE(engine.is_claimed(kBrowserSocket, *Endpoint::parse(kElsewhere)));
}

TEST_F(IceEngineTest, AThousandRestartsKeepTwoCredentials) {
  std::vector<control::LegAllocated> legs;
  for (std::uint32_t generation = 0; generation < 1'000; ++generation) {
    legs.push_back(allocate_generation(generation));
    if (generation % 3 == 0) {
      EXPECT_EQ(check(legs.back()), 0);
    }
  }
  std::size_t answered = 0;
  for (const auto& leg : legs) answered += check(leg) ? 1 : 0;
  EXPECT_EQ(answered, 2U);
}

TEST_F(IceEngineTest, AnAllocationMayBeginWithALaterGeneration) {
  const auto leg = allocate_generation(4);
  EXPECT_EQ(leg.ice_generation(), 4U);
  EXPECT_EQ(allocate_generation(4).ice_ufrag(), leg.ice_ufrag());
}

TEST_F(IceEngineTest, AConnectionIsAPathOfItsOwn) {
  const auto leg = allocate_generation(0);
  EXPECT_EQ(check(leg, kHome, kBrowserConnections + 300), 0);
  EXPECT_TRUE(engine.is_claimed(kBrowserConnections + 300, *Endpoint::parse(kHome)));
  EXPECT_FALSE(engine.is_claimed(kBrowserSocket, *Endpoint::parse(kHome)));
  // What is no check needs one on the very path that it came by.
  receive(kBrowserSocket, kHome, Bytes(60, 22));
  EXPECT_EQ(engine.rejections().of(Rejection::UnknownSource), 1U);
}

TEST_F(IceEngineTest, AFailedCheckClaimsNothing) {
  auto leg = allocate_generation(0);
  leg.set_ice_pwd("a guess, and a wrong one");
  EXPECT_EQ(check(leg, kHome, kBrowserConnections + 300), 401);
  EXPECT_FALSE(engine.is_claimed(kBrowserConnections + 300, *Endpoint::parse(kHome)));
}

TEST(IceEngineConfigTest, ALegTellsOfUdpAndTcpInTheOrderOfTheConfiguration) {
  SeededRandom random{1};
  TestPorts ports;
  Engine::Config config;
  config.browser_candidates = {*Endpoint::parse("198.51.100.1:3478"),
                               *Endpoint::parse("[2001:db8::1]:3478")};
  config.browser_tcp_candidates = {*Endpoint::parse("[2001:db8::1]:443")};
  Engine engine(config, *dtls::Certificate::make(), ports, random);
  control::Command command;
  command.set_sequence(1);
  command.mutable_allocate_leg()->set_leg_id("b");
  command.mutable_allocate_leg()->set_side(control::AllocateLeg::BROWSER);
  engine.handle_command(command, Time{1h});
  const auto reply = engine.poll_event();
  ASSERT_TRUE(reply);
  const control::LegAllocated& leg = reply->leg_allocated();
  ASSERT_EQ(leg.candidates_size(), 2);
  EXPECT_EQ(leg.candidates(0).ip(), "198.51.100.1");
  EXPECT_EQ(leg.candidates(1).ip(), "2001:db8::1");
  ASSERT_EQ(leg.tcp_candidates_size(), 1);
  EXPECT_EQ(leg.tcp_candidates(0).ip(), "2001:db8::1");
  EXPECT_EQ(leg.tcp_candidates(0).port(), 443U);
}

}  // namespace
}  // namespace offhook::media
