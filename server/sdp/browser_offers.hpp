#pragma once

#include <string_view>

// Offers as the browsers make them, for tests: one audio track, and the same with video and a data
// channel.
namespace offhook::sdp::test {

// Chromium 156
inline constexpr std::string_view kChromiumAudio = R"(v=0
o=- 2742641356282519591 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0
a=extmap-allow-mixed
a=msid-semantic: WMS d9d632e4-bfd0-4be7-8925-8e681306143e
m=audio 45432 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 192.0.2.2
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:1973946404 1 udp 2122194687 192.0.2.2 45432 typ host generation 0 network-id 1
a=candidate:3201223108 1 udp 2122265343 fd00::2 38296 typ host generation 0 network-id 2
a=candidate:2332220592 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0 network-id 1
a=candidate:1080302928 1 tcp 1518285567 fd00::2 9 typ host tcptype active generation 0 network-id 2
a=ice-ufrag:Q/I1
a=ice-pwd:uFUWN03C5swlpl+hgX54A8RW
a=ice-options:trickle
a=fingerprint:sha-256 DF:05:D4:C7:3A:B6:DF:68:2C:F1:57:E3:C3:F8:B1:8C:D4:F8:AF:FE:ED:F9:27:B9:AB:15:CC:F4:BD:8E:86:36
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:d9d632e4-bfd0-4be7-8925-8e681306143e b64a1df5-8bf4-4d71-b5e5-5572da96d45b
a=rtcp-mux
a=rtcp-rsize
a=rtcp-xr:rcvr-rtt=all
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:976851702 cname:jQaif79lX0VXTfUq
a=ssrc:976851702 msid:d9d632e4-bfd0-4be7-8925-8e681306143e b64a1df5-8bf4-4d71-b5e5-5572da96d45b
)";

// Chromium 156
inline constexpr std::string_view kChromiumAll = R"(v=0
o=- 5101115586552859269 2 IN IP4 127.0.0.1
s=-
t=0 0
a=group:BUNDLE 0 1 2
a=extmap-allow-mixed
a=msid-semantic: WMS d9d632e4-bfd0-4be7-8925-8e681306143e
m=audio 39286 UDP/TLS/RTP/SAVPF 111 63 9 0 8 13 110 126
c=IN IP4 192.0.2.2
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:4191047568 1 udp 2122194687 192.0.2.2 39286 typ host generation 0 network-id 1
a=candidate:4273742624 1 udp 2122265343 fd00::2 51777 typ host generation 0 network-id 2
a=candidate:2265033992 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0 network-id 1
a=candidate:2155069880 1 tcp 1518285567 fd00::2 9 typ host tcptype active generation 0 network-id 2
a=ice-ufrag:cxH1
a=ice-pwd:l8jrXa3KusLfYh3t5edT0e74
a=ice-options:trickle
a=fingerprint:sha-256 A7:E6:9F:AA:4C:F2:A6:CE:72:11:FB:3B:D3:44:20:C4:61:42:86:02:65:FD:B6:2E:95:86:25:F8:BA:11:E1:A0
a=setup:actpass
a=mid:0
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=sendrecv
a=msid:d9d632e4-bfd0-4be7-8925-8e681306143e b64a1df5-8bf4-4d71-b5e5-5572da96d45b
a=rtcp-mux
a=rtcp-rsize
a=rtcp-xr:rcvr-rtt=all
a=rtpmap:111 opus/48000/2
a=rtcp-fb:111 transport-cc
a=fmtp:111 minptime=10;useinbandfec=1
a=rtpmap:63 red/48000/2
a=fmtp:63 111/111
a=rtpmap:9 G722/8000
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:13 CN/8000
a=rtpmap:110 telephone-event/48000
a=rtpmap:126 telephone-event/8000
a=ssrc:4081727975 cname:e3JqQnHvUefGhTyu
a=ssrc:4081727975 msid:d9d632e4-bfd0-4be7-8925-8e681306143e b64a1df5-8bf4-4d71-b5e5-5572da96d45b
m=video 55632 UDP/TLS/RTP/SAVPF 96 97 102 103 104 107 108 109 114 115 116 117 39 40 45 46 98 99 100 101 118 119 120
c=IN IP4 192.0.2.2
a=rtcp:9 IN IP4 0.0.0.0
a=candidate:4191047568 1 udp 2122194687 192.0.2.2 55632 typ host generation 0 network-id 1
a=candidate:4273742624 1 udp 2122265343 fd00::2 54300 typ host generation 0 network-id 2
a=candidate:2265033992 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0 network-id 1
a=candidate:2155069880 1 tcp 1518285567 fd00::2 9 typ host tcptype active generation 0 network-id 2
a=ice-ufrag:cxH1
a=ice-pwd:l8jrXa3KusLfYh3t5edT0e74
a=ice-options:trickle
a=fingerprint:sha-256 A7:E6:9F:AA:4C:F2:A6:CE:72:11:FB:3B:D3:44:20:C4:61:42:86:02:65:FD:B6:2E:95:86:25:F8:BA:11:E1:A0
a=setup:actpass
a=mid:1
a=extmap:14 urn:ietf:params:rtp-hdrext:toffset
a=extmap:2 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:13 urn:3gpp:video-orientation
a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap:5 http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:6 http://www.webrtc.org/experiments/rtp-hdrext/video-content-type
a=extmap:7 http://www.webrtc.org/experiments/rtp-hdrext/video-timing
a=extmap:8 http://www.webrtc.org/experiments/rtp-hdrext/color-space
a=extmap:4 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:10 urn:ietf:params:rtp-hdrext:sdes:rtp-stream-id
a=extmap:11 urn:ietf:params:rtp-hdrext:sdes:repaired-rtp-stream-id
a=sendrecv
a=msid:- 0b80c01b-05d7-4844-bd23-7e3f23495002
a=rtcp-mux
a=rtcp-rsize
a=rtcp-xr:rcvr-rtt=all
a=rtpmap:96 VP8/90000
a=rtcp-fb:96 goog-remb
a=rtcp-fb:96 transport-cc
a=rtcp-fb:96 ccm fir
a=rtcp-fb:96 nack
a=rtcp-fb:96 nack pli
a=rtpmap:97 rtx/90000
a=fmtp:97 apt=96
a=rtpmap:102 H264/90000
a=rtcp-fb:102 goog-remb
a=rtcp-fb:102 transport-cc
a=rtcp-fb:102 ccm fir
a=rtcp-fb:102 nack
a=rtcp-fb:102 nack pli
a=fmtp:102 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42001f
a=rtpmap:103 rtx/90000
a=fmtp:103 apt=102
a=rtpmap:104 H264/90000
a=rtcp-fb:104 goog-remb
a=rtcp-fb:104 transport-cc
a=rtcp-fb:104 ccm fir
a=rtcp-fb:104 nack
a=rtcp-fb:104 nack pli
a=fmtp:104 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42001f
a=rtpmap:107 rtx/90000
a=fmtp:107 apt=104
a=rtpmap:108 H264/90000
a=rtcp-fb:108 goog-remb
a=rtcp-fb:108 transport-cc
a=rtcp-fb:108 ccm fir
a=rtcp-fb:108 nack
a=rtcp-fb:108 nack pli
a=fmtp:108 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=42e01f
a=rtpmap:109 rtx/90000
a=fmtp:109 apt=108
a=rtpmap:114 H264/90000
a=rtcp-fb:114 goog-remb
a=rtcp-fb:114 transport-cc
a=rtcp-fb:114 ccm fir
a=rtcp-fb:114 nack
a=rtcp-fb:114 nack pli
a=fmtp:114 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=42e01f
a=rtpmap:115 rtx/90000
a=fmtp:115 apt=114
a=rtpmap:116 H264/90000
a=rtcp-fb:116 goog-remb
a=rtcp-fb:116 transport-cc
a=rtcp-fb:116 ccm fir
a=rtcp-fb:116 nack
a=rtcp-fb:116 nack pli
a=fmtp:116 level-asymmetry-allowed=1;packetization-mode=1;profile-level-id=4d001f
a=rtpmap:117 rtx/90000
a=fmtp:117 apt=116
a=rtpmap:39 H264/90000
a=rtcp-fb:39 goog-remb
a=rtcp-fb:39 transport-cc
a=rtcp-fb:39 ccm fir
a=rtcp-fb:39 nack
a=rtcp-fb:39 nack pli
a=fmtp:39 level-asymmetry-allowed=1;packetization-mode=0;profile-level-id=4d001f
a=rtpmap:40 rtx/90000
a=fmtp:40 apt=39
a=rtpmap:45 AV1/90000
a=rtcp-fb:45 goog-remb
a=rtcp-fb:45 transport-cc
a=rtcp-fb:45 ccm fir
a=rtcp-fb:45 nack
a=rtcp-fb:45 nack pli
a=fmtp:45 level-idx=5;profile=0;tier=0
a=rtpmap:46 rtx/90000
a=fmtp:46 apt=45
a=rtpmap:98 VP9/90000
a=rtcp-fb:98 goog-remb
a=rtcp-fb:98 transport-cc
a=rtcp-fb:98 ccm fir
a=rtcp-fb:98 nack
a=rtcp-fb:98 nack pli
a=fmtp:98 profile-id=0
a=rtpmap:99 rtx/90000
a=fmtp:99 apt=98
a=rtpmap:100 VP9/90000
a=rtcp-fb:100 goog-remb
a=rtcp-fb:100 transport-cc
a=rtcp-fb:100 ccm fir
a=rtcp-fb:100 nack
a=rtcp-fb:100 nack pli
a=fmtp:100 profile-id=2
a=rtpmap:101 rtx/90000
a=fmtp:101 apt=100
a=rtpmap:118 red/90000
a=rtpmap:119 rtx/90000
a=fmtp:119 apt=118
a=rtpmap:120 ulpfec/90000
a=ssrc-group:FID 3669084314 92478207
a=ssrc:3669084314 cname:e3JqQnHvUefGhTyu
a=ssrc:3669084314 msid:- 0b80c01b-05d7-4844-bd23-7e3f23495002
a=ssrc:92478207 cname:e3JqQnHvUefGhTyu
a=ssrc:92478207 msid:- 0b80c01b-05d7-4844-bd23-7e3f23495002
m=application 49369 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 192.0.2.2
a=candidate:4191047568 1 udp 2122194687 192.0.2.2 49369 typ host generation 0 network-id 1
a=candidate:4273742624 1 udp 2122265343 fd00::2 49734 typ host generation 0 network-id 2
a=candidate:2265033992 1 tcp 1518214911 192.0.2.2 9 typ host tcptype active generation 0 network-id 1
a=candidate:2155069880 1 tcp 1518285567 fd00::2 9 typ host tcptype active generation 0 network-id 2
a=ice-ufrag:cxH1
a=ice-pwd:l8jrXa3KusLfYh3t5edT0e74
a=ice-options:trickle
a=fingerprint:sha-256 A7:E6:9F:AA:4C:F2:A6:CE:72:11:FB:3B:D3:44:20:C4:61:42:86:02:65:FD:B6:2E:95:86:25:F8:BA:11:E1:A0
a=setup:actpass
a=mid:2
a=sctp-port:5000
a=max-message-size:262144
)";

// Firefox 153
inline constexpr std::string_view kFirefoxAudio = R"(v=0
o=mozilla...THIS_IS_SDPARTA-99.0 6259791903118438551 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 1F:C9:F3:22:7C:7F:FA:B2:A2:68:49:B0:08:98:3F:89:62:08:3F:C8:01:A8:00:97:0B:50:C4:71:2C:49:6A:B8
a=group:BUNDLE 0
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 45069 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 192.0.2.2
a=candidate:0 1 UDP 2122187007 192.0.2.2 45069 typ host
a=candidate:1 1 UDP 2122252543 fd00::2 51720 typ host
a=candidate:2 1 TCP 2105458943 192.0.2.2 9 typ host tcptype active
a=candidate:3 1 TCP 2105524479 fd00::2 9 typ host tcptype active
a=candidate:0 2 UDP 2122187006 192.0.2.2 43115 typ host
a=candidate:1 2 UDP 2122252542 fd00::2 53659 typ host
a=candidate:2 2 TCP 2105458942 192.0.2.2 9 typ host tcptype active
a=candidate:3 2 TCP 2105524478 fd00::2 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap-allow-mixed
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:2905373851dfbc64b01e419266969788
a=ice-ufrag:078675c3
a=mid:0
a=msid:{08c243f1-f960-4785-8dad-d707a1427ee1} {b167706d-179d-4121-80e6-ffc5a6779252}
a=rtcp:43115 IN IP4 192.0.2.2
a=rtcp-fb:109 transport-cc
a=rtcp-fb:9 transport-cc
a=rtcp-fb:0 transport-cc
a=rtcp-fb:8 transport-cc
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=setup:actpass
a=ssrc:3393504018 cname:{3dd98463-864b-4042-b15b-fe85ecfe50f1}
)";

// Firefox 153
inline constexpr std::string_view kFirefoxAll = R"(v=0
o=mozilla...THIS_IS_SDPARTA-99.0 2052995811713331724 0 IN IP4 0.0.0.0
s=-
t=0 0
a=sendrecv
a=fingerprint:sha-256 6B:4B:60:DD:CA:A7:FB:A8:4B:61:CF:4F:EE:07:F1:80:CF:29:60:24:E6:B9:E6:1E:D5:D4:D3:8F:92:34:CA:A2
a=group:BUNDLE 0 1 2
a=ice-options:trickle
a=msid-semantic:WMS *
m=audio 46792 UDP/TLS/RTP/SAVPF 109 9 0 8 101
c=IN IP4 192.0.2.2
a=candidate:0 1 UDP 2122187007 192.0.2.2 46792 typ host
a=candidate:1 1 UDP 2122252543 fd00::2 45632 typ host
a=candidate:2 1 TCP 2105458943 192.0.2.2 9 typ host tcptype active
a=candidate:3 1 TCP 2105524479 fd00::2 9 typ host tcptype active
a=candidate:0 2 UDP 2122187006 192.0.2.2 55777 typ host
a=candidate:1 2 UDP 2122252542 fd00::2 38726 typ host
a=candidate:2 2 TCP 2105458942 192.0.2.2 9 typ host tcptype active
a=candidate:3 2 TCP 2105524478 fd00::2 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=extmap:1 urn:ietf:params:rtp-hdrext:ssrc-audio-level
a=extmap:2/recvonly urn:ietf:params:rtp-hdrext:csrc-audio-level
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap-allow-mixed
a=fmtp:109 maxplaybackrate=48000;stereo=1;useinbandfec=1
a=fmtp:101 0-15
a=ice-pwd:8da024349e10f376ed67bfeaea7611d9
a=ice-ufrag:9e1d2a61
a=mid:0
a=msid:{08c243f1-f960-4785-8dad-d707a1427ee1} {b64c3905-f7fa-4f7a-b376-96071631211f}
a=rtcp:55777 IN IP4 192.0.2.2
a=rtcp-fb:109 transport-cc
a=rtcp-fb:9 transport-cc
a=rtcp-fb:0 transport-cc
a=rtcp-fb:8 transport-cc
a=rtcp-mux
a=rtpmap:109 opus/48000/2
a=rtpmap:9 G722/8000/1
a=rtpmap:0 PCMU/8000
a=rtpmap:8 PCMA/8000
a=rtpmap:101 telephone-event/8000
a=setup:actpass
a=ssrc:2727848541 cname:{b0bee7d9-a154-4bf3-bae7-d4a45e45c938}
m=video 38678 UDP/TLS/RTP/SAVPF 120 124 121 125 99 100 123 122 119
c=IN IP4 192.0.2.2
a=candidate:0 1 UDP 2122187007 192.0.2.2 38678 typ host
a=candidate:1 1 UDP 2122252543 fd00::2 57974 typ host
a=candidate:2 1 TCP 2105458943 192.0.2.2 9 typ host tcptype active
a=candidate:3 1 TCP 2105524479 fd00::2 9 typ host tcptype active
a=candidate:0 2 UDP 2122187006 192.0.2.2 52785 typ host
a=candidate:1 2 UDP 2122252542 fd00::2 34720 typ host
a=candidate:2 2 TCP 2105458942 192.0.2.2 9 typ host tcptype active
a=candidate:3 2 TCP 2105524478 fd00::2 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=extmap:3 urn:ietf:params:rtp-hdrext:sdes:mid
a=extmap:4 http://www.webrtc.org/experiments/rtp-hdrext/abs-send-time
a=extmap:5 urn:ietf:params:rtp-hdrext:toffset
a=extmap:6/recvonly http://www.webrtc.org/experiments/rtp-hdrext/playout-delay
a=extmap:7 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01
a=extmap-allow-mixed
a=fmtp:120 max-fs=12288;max-fr=60
a=fmtp:124 apt=120
a=fmtp:121 max-fs=12288;max-fr=60
a=fmtp:125 apt=121
a=fmtp:100 apt=99
a=fmtp:119 apt=122
a=ice-pwd:8da024349e10f376ed67bfeaea7611d9
a=ice-ufrag:9e1d2a61
a=mid:1
a=msid:- {cc0b86e7-7cb3-4402-a594-c986a93aa894}
a=rtcp:52785 IN IP4 192.0.2.2
a=rtcp-fb:120 nack
a=rtcp-fb:120 nack pli
a=rtcp-fb:120 ccm fir
a=rtcp-fb:120 goog-remb
a=rtcp-fb:120 transport-cc
a=rtcp-fb:121 nack
a=rtcp-fb:121 nack pli
a=rtcp-fb:121 ccm fir
a=rtcp-fb:121 goog-remb
a=rtcp-fb:121 transport-cc
a=rtcp-fb:99 nack
a=rtcp-fb:99 nack pli
a=rtcp-fb:99 ccm fir
a=rtcp-fb:99 goog-remb
a=rtcp-fb:99 transport-cc
a=rtcp-fb:123 nack
a=rtcp-fb:123 nack pli
a=rtcp-fb:123 ccm fir
a=rtcp-fb:123 goog-remb
a=rtcp-fb:123 transport-cc
a=rtcp-fb:122 nack
a=rtcp-fb:122 nack pli
a=rtcp-fb:122 ccm fir
a=rtcp-fb:122 goog-remb
a=rtcp-fb:122 transport-cc
a=rtcp-mux
a=rtcp-rsize
a=rtpmap:120 VP8/90000
a=rtpmap:124 rtx/90000
a=rtpmap:121 VP9/90000
a=rtpmap:125 rtx/90000
a=rtpmap:99 AV1/90000
a=rtpmap:100 rtx/90000
a=rtpmap:123 ulpfec/90000
a=rtpmap:122 red/90000
a=rtpmap:119 rtx/90000
a=setup:actpass
a=ssrc:62541529 cname:{b0bee7d9-a154-4bf3-bae7-d4a45e45c938}
a=ssrc:2960870239 cname:{b0bee7d9-a154-4bf3-bae7-d4a45e45c938}
a=ssrc-group:FID 62541529 2960870239
m=application 51822 UDP/DTLS/SCTP webrtc-datachannel
c=IN IP4 192.0.2.2
a=candidate:0 1 UDP 2122187007 192.0.2.2 51822 typ host
a=candidate:1 1 UDP 2122252543 fd00::2 48500 typ host
a=candidate:2 1 TCP 2105458943 192.0.2.2 9 typ host tcptype active
a=candidate:3 1 TCP 2105524479 fd00::2 9 typ host tcptype active
a=sendrecv
a=end-of-candidates
a=ice-pwd:8da024349e10f376ed67bfeaea7611d9
a=ice-ufrag:9e1d2a61
a=mid:2
a=setup:actpass
a=sctp-port:5000
a=max-message-size:1073741823
)";

}  // namespace offhook::sdp::test
