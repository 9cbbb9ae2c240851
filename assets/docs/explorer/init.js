// The token that somebody enters is kept for this tab until it is closed: a reload needs no new login.
const TOKEN = "vxdata.explorer.token";

const keepToken = {
  statePlugins: {
    auth: {
      wrapActions: {
        authorize: (original) => (payload) => {
          const token = payload.bearer?.value;
          if (token) sessionStorage.setItem(TOKEN, token);
          return original(payload);
        },
        logout: (original) => (names) => {
          sessionStorage.removeItem(TOKEN);
          return original(names);
        },
      },
    },
  },
};

// Without a validator address the page would ask one on the network whether the document is valid.
const ui = window.SwaggerUIBundle({
  url: "/openapi.json",
  dom_id: "#api",
  deepLinking: true,
  filter: true,
  validatorUrl: null,
  plugins: [keepToken],
  onComplete: () => {
    const token = sessionStorage.getItem(TOKEN);
    if (token) ui.preauthorizeApiKey("bearer", token);
  },
});
