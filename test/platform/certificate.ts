// Of `localhost` and 127.0.0.1, for a hundred years, trusted by nobody but the tests:
//   openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:prime256v1 -nodes -keyout key.pem -out cert.pem -days 36500
//     -subj /CN=localhost -addext "subjectAltName=DNS:localhost,IP:127.0.0.1"
export const key = `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgjReAYS/rmCsXq3ow
qtCXDsZhgKHoyqOeT5PClS37rIOhRANCAAQKSACVgIJLamUZx8lxpkG7OcL4yQdm
6mHkxrR8+DIWQ3RNiw0xXU/ict+bExCdZJqXI2Pmr40OJHF7tOnJgYcw
-----END PRIVATE KEY-----
`
export const cert = `-----BEGIN CERTIFICATE-----
MIIBnDCCAUGgAwIBAgIUMKK7YPa890Kes+YAvSY4ZLollBkwCgYIKoZIzj0EAwIw
FDESMBAGA1UEAwwJbG9jYWxob3N0MCAXDTI2MTEyMTA4Mjk1MFoYDzIxMjYxMDI4
MDgyOTUwWjAUMRIwEAYDVQQDDAlsb2NhbGhvc3QwWTATBgcqhkjOPQIBBggqhkjO
PQMBBwNCAAQKSACVgIJLamUZx8lxpkG7OcL4yQdm6mHkxrR8+DIWQ3RNiw0xXU/i
ct+bExCdZJqXI2Pmr40OJHF7tOnJgYcwo28wbTAdBgNVHQ4EFgQUH7ucSbhrDA95
LnxTcF1LCa4AxmYwHwYDVR0jBBgwFoAUH7ucSbhrDA95LnxTcF1LCa4AxmYwDwYD
VR0TAQH/BAUwAwEB/zAaBgNVHREEEzARgglsb2NhbGhvc3SHBH8AAAEwCgYIKoZI
zj0EAwIDSQAwRgIhALBaqsuhkx1zZo8SeZT2TLHWsSnJVoxpE3gvbDHoqegzAiEA
wwAoTX04e4SOk+7fd4+W/ayucUTlwBskOOZ8G8yZ8xM=
-----END CERTIFICATE-----
`
