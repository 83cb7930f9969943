# SPDX-License-Identifier: Apache-2.0
"""The HTTP API: paths, views, parameters, bodies and representations.

Policies (:mod:`cratonserver.kinds`) decide which requests a user may make;
:mod:`cratonserver.db` carries them out.
"""
