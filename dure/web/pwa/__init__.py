"""Dure on the home screen: manifest, icons, and a service worker that knows one page, for when there is no network."""
