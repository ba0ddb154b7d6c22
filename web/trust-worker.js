/* Does nothing. Whether a browser registers it says whether it trusts the connection: trust.js */
