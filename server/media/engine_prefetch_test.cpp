#include "ice/stun.hpp"
#include "media/test_engine.hpp"

// The engine's hints change nothing; what is tested here is what they may meet.
namespace offhook::media {
namespace {

const std::string kBrowser = "198.51.100.7:50000";
const std::string kProvider = "192.0.2.1:10000";

class EnginePrefetchTest : public EngineTest {
 protected:
  [[nodiscard]] const BrowserLeg* foresee(SocketId socket, const std::string& remote) const {
    return engine.foresee(socket, *Endpoint::parse(remote));
  }
  // In each step of it, between legs that are not known.
  static void prefetch(const BrowserLeg* leg) {
    const std::array<const BrowserLeg*, 3> legs{nullptr, leg, nullptr};
    for (std::size_t i = 0; i <= legs.size(); ++i) Engine::prefetch(std::span(legs).subspan(i));
  }
};

TEST_F(EnginePrefetchTest, AnAddressWithoutLegIsNobodys) {
  EXPECT_EQ(foresee(kBrowserSocket, kBrowser), nullptr);
  EXPECT_EQ(foresee(kBrowserConnections + 1, kBrowser), nullptr);
  EXPECT_EQ(foresee(connect_trunk("t", kProvider), kProvider), nullptr);
  prefetch(nullptr);
}

TEST_F(EnginePrefetchTest, ABrowsersLegIsKnownByItsCheckAndMayHaveNoKeysYet) {
  const auto leg = allocate("b", control::AllocateLeg::BROWSER).leg_allocated();
  std::array<std::uint8_t, 256> buffer;
  const ByteView check =
      ice::StunBuilder(buffer, ice::StunClass::Request, ice::kBindingMethod, {1, 2, 3})
          .add(ice::attribute::kUsername, as_bytes(leg.ice_ufrag() + ":brow"))
          .add_flag(ice::attribute::kUseCandidate)
          .finish(as_bytes(leg.ice_pwd()));
  receive(kBrowserSocket, kBrowser, check);
  const BrowserLeg* foreseen = foresee(kBrowserSocket, kBrowser);
  ASSERT_NE(foreseen, nullptr);
  prefetch(foreseen);
  // It may also be the peer of one that is heard, and go away.
  const SocketId trunk = connect_trunk("t", kProvider);
  bridge("b", "t");
  receive(trunk, kProvider, make_audio(1));
  receive(kBrowserSocket, kBrowser, make_audio(1));
  EXPECT_EQ(statistics("t").packets_received(), 1U);
  EXPECT_EQ(statistics("b").rejected().not_ready(), 1U);
  release("b");
  EXPECT_EQ(foresee(kBrowserSocket, kBrowser), nullptr);
}

}  // namespace
}  // namespace offhook::media
